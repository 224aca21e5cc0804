//! Credentials in the operating system's keyring.

pub(crate) mod entries;
pub(crate) mod layout;
#[cfg(test)]
pub(crate) mod map;
#[cfg(test)]
mod tests;

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{
    entries::{Entries, SystemKeyring},
    layout::{Layout, OneEntry},
};
use super::{
    CredentialsStore, StoreError, StoreKey, StoreLock,
    lock_file::{self, blocking, file_name},
};
use crate::{Credentials, net::warn_once::warn_once};

/// Keeps credentials in the keyring: Secret Service (GNOME, KDE) on Linux, Keychain on macOS, Credential Manager on
/// Windows.
///
/// Each login is one entry, which names endpoint, flow and client. Where there is no keyring, everything works as without
/// a store, with one line in the log.
///
/// ```
/// use auth_runtime::{Authenticator, flow::Pkce, store::KeyringStore};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://service.example.com")
///     .flow(Pkce::new().client_id("my-program"))
///     .store(KeyringStore::new())
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct KeyringStore {
    entries: Arc<dyn Entries>,
    /// The first is written, all are read, in this order.
    layouts: Arc<[Box<dyn Layout>]>,
    lock_directory: Option<PathBuf>,
}

impl KeyringStore {
    /// The keyring of this user. Nothing is opened before the first call needs it.
    pub fn new() -> Self {
        Self::with_layouts(vec![Box::new(OneEntry)])
    }

    /// A keyring that is shared with other programs. The first layout is written, all are read, in this order.
    pub(crate) fn with_layouts(layouts: Vec<Box<dyn Layout>>) -> Self {
        Self { entries: Arc::new(SystemKeyring), layouts: layouts.into(), lock_directory: default_lock_directory() }
    }

    /// The same with other layouts.
    #[cfg(feature = "flyte")]
    pub(crate) fn replace_layouts(self, layouts: Vec<Box<dyn Layout>>) -> Self {
        Self { layouts: layouts.into(), ..self }
    }

    /// The same over another keyring.
    #[cfg(test)]
    pub(crate) fn over(self, entries: Arc<dyn Entries>) -> Self {
        Self { entries, ..self }
    }

    /// Where the files are by which programs take turns in refreshing (a keyring has no lock): by default in
    /// `$XDG_RUNTIME_DIR`, else in `~/.cache` (on Windows in `%LOCALAPPDATA%`). They hold no secret.
    #[must_use]
    pub fn lock_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.lock_directory = Some(directory.into());
        self
    }
}

impl Default for KeyringStore {
    fn default() -> Self {
        Self::new()
    }
}

impl CredentialsStore for KeyringStore {
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        let (store, key) = (self.clone(), key.clone());
        blocking(move || {
            for layout in store.layouts.iter() {
                if let Some(credentials) = layout.read(&*store.entries, &key)? {
                    return Ok(Some(credentials.with_endpoint(key.endpoint())));
                }
            }
            Ok(None)
        })
        .await
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        let (store, key, credentials) = (self.clone(), key.clone(), credentials.clone());
        blocking(move || match store.layouts.first() {
            Some(layout) => layout.write(&*store.entries, &key, &credentials),
            None => Ok(()),
        })
        .await
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        let (store, key, only_if) = (self.clone(), key.clone(), only_if.clone());
        blocking(move || {
            for layout in store.layouts.iter() {
                if layout.read(&*store.entries, &key)?.is_some_and(|stored| stored.same_tokens(&only_if)) {
                    layout.delete(&*store.entries, &key)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn lock(&self, key: &StoreKey) -> Result<StoreLock, StoreError> {
        let Some(directory) = &self.lock_directory else { return Ok(StoreLock::unshared()) };
        let locked = lock_file::lock(directory.join(file_name(key, "lock"))).await;
        // The keyring's other users take no turns at all: without a lock this is no worse than they are.
        Ok(locked.unwrap_or_else(|error| {
            warn_once("programs that use the keyring may refresh at the same time", &error);
            StoreLock::unshared()
        }))
    }
}

/// The directory's name.
const LOCKS: &str = concat!(env!("CARGO_PKG_NAME"), "-locks");

/// A directory that is this user's alone: never a shared one such as `/tmp`, where others could take the lock.
fn default_lock_directory() -> Option<PathBuf> {
    let directory = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = |home: PathBuf| home.join(".cache");
    let base = if cfg!(windows) {
        directory("LOCALAPPDATA")
    } else {
        directory("XDG_RUNTIME_DIR").filter(|path| path.is_dir()).or_else(|| directory("HOME").map(cache))
    };
    base.map(|base| base.join(Path::new(LOCKS)))
}

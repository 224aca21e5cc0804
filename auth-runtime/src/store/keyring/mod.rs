//! Credentials in the operating system's keyring, shared with the other clients of Flyte.

pub(crate) mod entries;
mod flyte2;
mod flytectl;
mod flytekit;
mod jwt_end;
mod layout;
mod names;
#[cfg(test)]
mod tests;

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use self::entries::{Entries, SystemKeyring};
pub use self::layout::KeyringLayout;
use super::{
    CredentialsStore, StoreError, StoreKey, StoreLock,
    lock_file::{self, blocking, file_name},
};
use crate::{Credentials, net::warn_once::warn_once};

/// Keeps credentials in the keyring: Secret Service (GNOME, KDE) on Linux, Keychain on macOS, Credential Manager on
/// Windows.
///
/// A login made by flytekit, flytectl or Flyte 2 for the same endpoint is found there, and the other way round for the
/// one in whose [layout](Self::write_as) is written. These layouts know neither client id nor flow: use this store
/// with the client that the server publishes, which is the others' as well.
///
/// Where there is no keyring, everything works as without a store, with one line in the log.
///
/// ```
/// use auth_runtime::{Authenticator, flow::Pkce, store::{KeyringLayout, KeyringStore}};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com")
///     .flow(Pkce::new())
///     .store(KeyringStore::new().write_as(KeyringLayout::Flytectl))
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct KeyringStore {
    entries: Arc<dyn Entries>,
    written: KeyringLayout,
    lock_directory: Option<PathBuf>,
}

impl KeyringStore {
    /// The keyring of this user. Nothing is opened before the first call needs it.
    pub fn new() -> Self {
        Self {
            entries: Arc::new(SystemKeyring),
            written: KeyringLayout::default(),
            lock_directory: default_lock_directory(),
        }
    }

    /// Whose layout is written, flytekit's by default. All are read, this one first.
    #[must_use]
    pub fn write_as(mut self, layout: KeyringLayout) -> Self {
        self.written = layout;
        self
    }

    /// Where the files are by which programs take turns in refreshing (a keyring has no lock): by default in
    /// `$XDG_RUNTIME_DIR`, else in `~/.cache` (on Windows in `%LOCALAPPDATA%`). They hold no secret.
    #[must_use]
    pub fn lock_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.lock_directory = Some(directory.into());
        self
    }

    fn layouts(&self) -> impl Iterator<Item = KeyringLayout> + use<> {
        let written = self.written;
        std::iter::once(written).chain(KeyringLayout::ALL.into_iter().filter(move |layout| *layout != written))
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
            for layout in store.layouts() {
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
        blocking(move || store.written.write(&*store.entries, &key, &credentials)).await
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        let (store, key, only_if) = (self.clone(), key.clone(), only_if.clone());
        blocking(move || {
            for layout in store.layouts() {
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

/// A directory that is this user's alone: never a shared one such as `/tmp`, where others could take the lock.
fn default_lock_directory() -> Option<PathBuf> {
    let directory = |variable| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = |home: PathBuf| home.join(".cache");
    let base = if cfg!(windows) {
        directory("LOCALAPPDATA")
    } else {
        directory("XDG_RUNTIME_DIR").filter(|path| path.is_dir()).or_else(|| directory("HOME").map(cache))
    };
    base.map(|base| base.join(Path::new("flyte-credentials-locks")))
}

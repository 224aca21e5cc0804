//! Credentials in the operating system's keyring.

pub(crate) mod entries;
pub(crate) mod layout;
#[cfg(test)]
pub(crate) mod map;
mod system;
#[cfg(test)]
mod tests;

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{
    entries::{Entries, Keyring},
    layout::{Layout, OneEntry},
    system::SystemKeyring,
};
use super::{
    CredentialsStore, LoggedOut, StoreError, StoreKey, StoreLock, file_name::file_name, lock_file, note_file,
    worker::Worker,
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
    keyring: Arc<dyn Keyring>,
    /// The first is written, all are read, in this order.
    layouts: Arc<[Box<dyn Layout>]>,
    lock_directory: Option<PathBuf>,
    worker: Worker,
    /// For locks and notes: a keyring that does not answer does not hold them up.
    files: Worker,
    note_directory: Option<PathBuf>,
}

impl KeyringStore {
    /// The keyring of this user. Nothing is opened before the first call needs it.
    pub fn new() -> Self {
        Self::with_layouts(vec![Box::new(OneEntry)])
    }

    /// A keyring that is shared with other programs. The first layout is written, all are read, in this order.
    pub(crate) fn with_layouts(layouts: Vec<Box<dyn Layout>>) -> Self {
        Self {
            keyring: Arc::new(SystemKeyring),
            layouts: layouts.into(),
            lock_directory: default_lock_directory(),
            worker: Worker::default(),
            files: Worker::default(),
            note_directory: note_file::directory_of_user(),
        }
    }

    /// The same with other layouts.
    #[cfg(feature = "flyte")]
    pub(crate) fn replace_layouts(self, layouts: Vec<Box<dyn Layout>>) -> Self {
        Self { layouts: layouts.into(), ..self }
    }

    /// The same over another keyring.
    #[cfg(test)]
    pub(crate) fn over(self, keyring: Arc<dyn Keyring>) -> Self {
        Self { keyring, ..self }
    }

    /// Where the files are by which programs take turns in refreshing (a keyring has no lock): by default in
    /// `$XDG_RUNTIME_DIR`, else in `~/.cache` (on Windows in `%LOCALAPPDATA%`). They hold no secret.
    #[must_use]
    pub fn lock_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.lock_directory = Some(directory.into());
        self
    }

    /// Where notes are kept, which are no secrets and so not in the keyring: by default in `$XDG_STATE_HOME`, else in
    /// `~/.local/state` (on macOS in `~/Library/Application Support`, on Windows in `%LOCALAPPDATA%`). They say whom a login
    /// was with, and that one was declined.
    #[must_use]
    pub fn note_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.note_directory = Some(directory.into());
        self
    }
}

impl Default for KeyringStore {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyringStore {
    /// Does one piece of work with the entries.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn Entries, &[Box<dyn Layout>]) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (keyring, layouts) = (Arc::clone(&self.keyring), Arc::clone(&self.layouts));
        self.worker.run(move || entries::with(&*keyring, |entries| work(entries, &layouts))).await
    }

    /// Whether there is a keyring that could keep something. `ended` is told so also if nobody waits any more.
    #[cfg(feature = "flyte")]
    pub(crate) async fn check(
        &self,
        ended: impl FnOnce(&Result<(), StoreError>) + Send + 'static,
    ) -> Result<(), StoreError> {
        let keyring = Arc::clone(&self.keyring);
        let check = move || {
            let outcome = entries::with(&*keyring, |entries| entries.check());
            ended(&outcome);
            outcome
        };
        self.worker.run(check).await
    }

    /// Whether it still does what it was asked for.
    #[cfg(feature = "flyte")]
    pub(crate) fn is_busy(&self) -> bool {
        self.worker.is_busy()
    }
}

impl CredentialsStore for KeyringStore {
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        let key = key.clone();
        self.work(move |entries, layouts| {
            for layout in layouts {
                if let Some(credentials) = layout.read(entries, &key)? {
                    return Ok(Some(credentials.with_endpoint(key.endpoint())));
                }
            }
            Ok(None)
        })
        .await
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        let (key, credentials) = (key.clone(), credentials.clone());
        self.work(move |entries, layouts| match layouts.first() {
            Some(layout) => layout.write(entries, &key, &credentials),
            None => Ok(()),
        })
        .await
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        let (key, only_if) = (key.clone(), only_if.clone());
        self.work(move |entries, layouts| {
            for (place, layout) in layouts.iter().enumerate() {
                if layout.read(entries, &key)?.is_some_and(|stored| stored.same_tokens(&only_if)) {
                    match place {
                        0 => layout.delete(entries, &key)?,
                        _ => drop(layout.leave(entries, &key)?),
                    }
                }
            }
            Ok(())
        })
        .await
    }

    async fn log_out(&self, key: &StoreKey) -> Result<LoggedOut, StoreError> {
        let key = key.clone();
        self.work(move |entries, layouts| {
            let Some((own, others)) = layouts.split_first() else { return Ok(LoggedOut::new(false)) };
            let was_stored = own.read(entries, &key)?.is_some();
            if was_stored {
                own.delete(entries, &key)?;
            }
            let mut outcome = LoggedOut::new(was_stored);
            for other in others {
                if let Some((name, credentials)) = other.leave(entries, &key)? {
                    outcome = outcome.leaving(name, credentials);
                }
            }
            Ok(outcome)
        })
        .await
    }

    async fn load_note(&self, key: &StoreKey) -> Result<Option<String>, StoreError> {
        let Some(directory) = self.note_directory.clone() else { return Ok(None) };
        let key = key.clone();
        self.files.run(move || note_file::read(&directory, &key)).await
    }

    async fn save_note(&self, key: &StoreKey, note: &str) -> Result<(), StoreError> {
        let Some(directory) = self.note_directory.clone() else { return Ok(()) };
        let (key, note) = (key.clone(), note.to_owned());
        self.files.run(move || note_file::write(&directory, &key, &note)).await
    }

    fn keeps_notes(&self) -> bool {
        self.note_directory.is_some()
    }

    async fn lock(&self, key: &StoreKey) -> Result<StoreLock, StoreError> {
        let Some(directory) = &self.lock_directory else { return Ok(StoreLock::unshared()) };
        let locked = lock_file::lock(&self.files, directory.join(file_name(key, "lock"))).await;
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

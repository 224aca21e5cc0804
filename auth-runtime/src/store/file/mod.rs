//! Credentials in files.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{
    CredentialsStore, StoreError, StoreKey, StoreLock, entry, file_name::file_name, lock_file, note_file, private_file,
    user_directory, worker::Worker,
};
use crate::{Credentials, net::warn_once::warn_once};

/// Keeps credentials in a directory, one file per login, that programs of one user share.
///
/// Only this user may read the files (mode 0600, from their first byte on). Each is replaced as a whole, so that
/// neither a crash nor a full disk leaves half of one behind. A file that others may read is repaired, with a line in
/// the log; a symbolic link is refused; what is no entry of ours counts as none. On Windows the directory's own access
/// list decides who may read: [`of_user`](Self::of_user) chooses one below the user's profile.
///
/// The tokens are not encrypted: who becomes this user has them. A keyring is the better place where there is one.
///
/// ```
/// use auth_runtime::{Authenticator, flow::Pkce, store::FileStore};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com")
///     .flow(Pkce::new().client_id("my-program"))
///     .store(FileStore::new("/home/somebody/.config/my-program/credentials"))
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct FileStore {
    directory: PathBuf,
    worker: Worker,
    #[cfg(all(test, feature = "flyte"))]
    is_read_only: bool,
}

impl FileStore {
    /// A store in this directory. It is made, for this user alone, when something is stored.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            worker: Worker::default(),
            #[cfg(all(test, feature = "flyte"))]
            is_read_only: false,
        }
    }

    /// As on a file system that is mounted for reading alone.
    #[cfg(all(test, feature = "flyte"))]
    pub(crate) fn read_only(self) -> Self {
        Self { is_read_only: true, ..self }
    }

    /// A store of this program in the directory where this user's programs keep their state: `$XDG_STATE_HOME`, else
    /// `~/.local/state`; on macOS `~/Library/Application Support`; on Windows `%LOCALAPPDATA%`, whose access list keeps
    /// other users out. The program's name is a directory there, with `logins` in it.
    ///
    /// # Errors
    ///
    /// If this user has no such directory.
    ///
    /// ```
    /// use auth_runtime::store::{FileStore, StoreError};
    ///
    /// fn store() -> Result<FileStore, StoreError> {
    ///     FileStore::of_user("my-program")
    /// }
    /// ```
    pub fn of_user(program: &str) -> Result<Self, StoreError> {
        let state = user_directory::state(|variable| env::var_os(variable));
        let state = state.ok_or_else(|| {
            let variable = if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" };
            StoreError::new(format!("this user has no directory for files; set the variable {variable}"))
        })?;
        Ok(Self::new(state.join(program).join("logins")))
    }

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file of an entry.
    fn path(&self, key: &StoreKey) -> PathBuf {
        self.directory.join(file_name(key, "json"))
    }
}

impl CredentialsStore for FileStore {
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        let (path, key) = (self.path(key), key.clone());
        self.worker.run(move || read(&path, &key)).await
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        let path = self.path(key);
        let content = entry::write(key, credentials)?;
        self.worker.run(move || private_file::replace(&path, &content)).await
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        #[cfg(all(test, feature = "flyte"))]
        if self.is_read_only {
            return Err(StoreError::new("the file system is read-only, as the test wants it"));
        }
        let (path, key, only_if) = (self.path(key), key.clone(), only_if.clone());
        let delete = move || match read(&path, &key)? {
            Some(stored) if stored.same_tokens(&only_if) => private_file::remove(&path),
            _ => Ok(()),
        };
        self.worker.run(delete).await
    }

    async fn load_note(&self, key: &StoreKey) -> Result<Option<String>, StoreError> {
        let (directory, key) = (self.directory.clone(), key.clone());
        self.worker.run(move || note_file::read(&directory, &key)).await
    }

    async fn save_note(&self, key: &StoreKey, note: &str) -> Result<(), StoreError> {
        let (directory, key, note) = (self.directory.clone(), key.clone(), note.to_owned());
        self.worker.run(move || note_file::write(&directory, &key, &note)).await
    }

    fn keeps_notes(&self) -> bool {
        true
    }

    async fn lock(&self, key: &StoreKey) -> Result<StoreLock, StoreError> {
        lock_file::lock(&self.worker, self.directory.join(file_name(key, "lock"))).await
    }
}

fn read(path: &Path, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
    let Some(content) = private_file::read(path)? else { return Ok(None) };
    match entry::read(key, &content) {
        Ok(credentials) => Ok(Some(credentials)),
        Err(reason) => {
            warn_once(
                "stored credentials count as absent",
                &StoreError::new(format!("{} {reason}; the next login replaces it", path.display())),
            );
            Ok(None)
        }
    }
}

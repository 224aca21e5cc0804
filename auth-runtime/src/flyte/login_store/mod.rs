//! Where the logins of people are kept: decided here, and nowhere else.

mod choice;
mod credentials_store;
mod keyring_place;
mod stale_file;
mod state;
#[cfg(all(test, feature = "keyring"))]
mod tests;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use self::choice::LOGIN_STORE_VARIABLE;
use self::{
    keyring_place::Keyring,
    state::{Report, State},
};
use crate::store::{FileStore, MemoryStore};

/// Keeps the logins of people where this machine can: in the keyring that flytekit and flytectl use, else in files, else
/// in memory. So do other command lines.
///
/// - The **keyring** is used where there is one and it can be unlocked.
/// - **Files** take what the keyring does not: on a server, in a container, over SSH. Only this user may read them (mode
///   0600; on Windows the access list of the user's profile decides). They are not encrypted: who becomes this user has
///   the logins. What a file holds goes back into the keyring with the next refresh that finds one.
/// - **Memory** is for programs without a directory that they can write to. The next run wants a new login.
///
/// A login that is not kept in the keyring, though nobody has left that out, says so, once: in the log, and in
/// [`take_notice`](Self::take_notice).
///
/// `admin.disableKeyring` leaves the keyring out. The variable [`LOGIN_STORE_VARIABLE`] names one place: `keyring`,
/// `file` or `memory`.
///
/// ```no_run
/// use auth_runtime::flyte::{Config, Connector, LoginStore};
///
/// # async fn connect() -> Result<(), auth_runtime::AuthError> {
/// let logins = LoginStore::new();
/// let connection = Connector::new(Config::load()?).keep_logins(logins).connect_lazy()?;
/// if let Some(logins) = connection.login_store() {
///     println!("logins are kept {}", logins.place().await);
/// }
/// # Ok(()) }
/// ```
///
/// # Clone
///
/// Clones are the same store.
#[derive(Debug, Clone)]
pub struct LoginStore {
    keyring: Option<Keyring>,
    files: Option<FileStore>,
    memory: MemoryStore,
    state: Arc<State>,
}

/// Where a [`LoginStore`] keeps logins. `Display` goes on behind "logins are kept". [`LoginStore`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginPlace {
    /// The operating system's keyring.
    Keyring,
    /// Files in this directory.
    Files(PathBuf),
    /// The memory of this program.
    Memory,
}

impl LoginStore {
    /// The keyring, else files in the directory of this user, else memory. Nothing is opened before the first call needs
    /// it.
    pub fn new() -> Self {
        Self {
            keyring: keyring_place::of_this_user(),
            files: FileStore::of_user("flyte").ok(),
            memory: MemoryStore::new(),
            state: Arc::default(),
        }
    }

    /// The same without the keyring.
    #[must_use]
    pub fn without_keyring(mut self) -> Self {
        self.keyring = None;
        self
    }

    /// The same without files.
    #[must_use]
    pub fn without_files(mut self) -> Self {
        self.files = None;
        self
    }

    /// With the files in this directory. It is made, for this user alone, when something is stored.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.files = Some(FileStore::new(directory));
        self
    }

    /// With this keyring: in another layout, or with its lock files elsewhere.
    #[cfg(feature = "keyring")]
    #[must_use]
    pub fn keyring(mut self, keyring: super::SharedKeyring) -> Self {
        self.keyring = Some(keyring);
        self
    }

    /// Where the next login is kept, as far as can be told without one. It opens the keyring, and gives up on one that does
    /// not answer; outside of a tokio runtime, which has the clock for that, it waits.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind.
    pub async fn place(&self) -> LoginPlace {
        if self.state.is_kept_in_memory() {
            return LoginPlace::Memory;
        }
        match (self.usable_keyring().await, &self.files) {
            (Some(_), _) => LoginPlace::Keyring,
            (None, Some(files)) => LoginPlace::Files(files.directory().to_owned()),
            (None, None) => LoginPlace::Memory,
        }
    }

    /// What somebody should know who has just logged in: that the login is in a file, or in memory, and why. Once for each
    /// login.
    pub fn take_notice(&self) -> Option<String> {
        self.state.take_notice()
    }

    /// The names of other programs' logins that the last logout left where they are.
    pub fn left_behind(&self) -> Vec<String> {
        self.state.left_behind()
    }

    fn report_files(&self, directory: &Path) {
        let Some(why) = self.state.why_no_keyring() else { return };
        self.state.report(
            Report::Files,
            format!(
                "{why}. The login is kept {}. To keep none, set {LOGIN_STORE_VARIABLE}=memory",
                LoginPlace::Files(directory.to_owned())
            ),
        );
    }

    fn report_memory(&self, why: &str) {
        self.state.report(Report::Memory, format!("the login is kept {}: {why}", LoginPlace::Memory));
    }
}

impl Default for LoginStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for LoginPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("in the keyring"),
            Self::Files(directory) => write!(
                f,
                "in files in {}, which only this user may read and which are not encrypted",
                directory.display()
            ),
            Self::Memory => f.write_str("in memory only, until this program ends"),
        }
    }
}

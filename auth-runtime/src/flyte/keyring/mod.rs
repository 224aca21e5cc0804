//! The keyring as the other clients of Flyte use it.

mod bound;
mod flyte2;
mod flytectl;
mod flytekit;
#[cfg(test)]
mod interrupted;
mod jwt_end;
mod layout;
#[cfg(test)]
mod logout;
mod names;
mod record;
#[cfg(test)]
mod tests;
mod tokens;

use std::path::PathBuf;

pub use self::layout::KeyringLayout;
use self::{
    bound::Bound,
    record::{Record, digest},
};
use crate::{
    Credentials,
    store::{CredentialsStore, KeyringStore, LoggedOut, StoreError, StoreKey, StoreLock, keyring::layout::Layout},
};

/// Keeps credentials in the operating system's keyring, shared with the other clients of Flyte.
///
/// A login made by flytekit, flytectl or Flyte 2 for the same endpoint is found there, and the other way round for the
/// one in whose [layout](Self::write_as) is written. These layouts know neither client id nor flow: use this store
/// with the client that the server publishes, which is the others' as well.
///
/// What is written here has an entry of its own beside it, without a secret, that says which login it is: it is used for
/// that one alone. A login of another program is used for `https://` endpoints and for this machine; its refresh token is
/// sent only where the user or the token itself says that it belongs.
///
/// A logout deletes what stands in the layout that is written, whoever wrote it last. The provider is told of logins that
/// were made here, and not of those that another program has made. Logins in the other layouts stay:
/// they are of other programs. They are named, and not used until they change.
///
/// Where there is no keyring, everything works as without a store, with one line in the log.
///
/// ```
/// use auth_runtime::{Authenticator, flow::Pkce, flyte::{KeyringLayout, SharedKeyring}};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com")
///     .flow(Pkce::new())
///     .store(SharedKeyring::new().write_as(KeyringLayout::Flytectl))
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SharedKeyring {
    store: KeyringStore,
}

impl SharedKeyring {
    /// The keyring of this user. flytekit's layout is written. Nothing is opened before the first call needs it.
    pub fn new() -> Self {
        Self { store: KeyringStore::with_layouts(layouts(KeyringLayout::default())) }
    }

    /// Whose layout is written, flytekit's by default. All are read, this one first.
    #[must_use]
    pub fn write_as(self, layout: KeyringLayout) -> Self {
        Self { store: self.store.replace_layouts(layouts(layout)) }
    }

    /// Whether there is a keyring that could keep something. `ended` is told so also if nobody waits any more.
    pub(super) async fn check(
        &self,
        ended: impl FnOnce(&Result<(), StoreError>) + Send + 'static,
    ) -> Result<(), StoreError> {
        self.store.check(ended).await
    }

    /// Has nobody use these credentials any more, which are kept elsewhere.
    pub(super) async fn retire(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        let (key, digest) = (key.clone(), digest(credentials));
        self.store
            .work(move |entries, _| {
                let mut record = Record::load(entries, &key)?;
                if !record.is_unused(&digest) {
                    record.add_unused(digest.clone());
                    record.save(entries, &key)?;
                }
                Ok(())
            })
            .await
    }

    /// Whether [`retire`](Self::retire) was told of these credentials.
    pub(super) async fn is_retired(&self, key: &StoreKey, credentials: &Credentials) -> Result<bool, StoreError> {
        let (key, digest) = (key.clone(), digest(credentials));
        self.store.work(move |entries, _| Ok(Record::load(entries, &key)?.is_unused(&digest))).await
    }

    /// Whether it still does what it was asked for.
    pub(super) fn is_busy(&self) -> bool {
        self.store.is_busy()
    }

    /// The same over another keyring.
    #[cfg(test)]
    pub(super) fn over(self, keyring: std::sync::Arc<dyn crate::store::keyring::entries::Keyring>) -> Self {
        Self { store: self.store.over(keyring) }
    }

    /// As [`KeyringStore::lock_directory`].
    #[must_use]
    pub fn lock_directory(self, directory: impl Into<PathBuf>) -> Self {
        Self { store: self.store.lock_directory(directory) }
    }

    /// As [`KeyringStore::note_directory`].
    #[must_use]
    pub fn note_directory(self, directory: impl Into<PathBuf>) -> Self {
        Self { store: self.store.note_directory(directory) }
    }
}

fn layouts(written: KeyringLayout) -> Vec<Box<dyn Layout>> {
    let others = KeyringLayout::ALL.into_iter().filter(|layout| *layout != written);
    std::iter::once(written).chain(others).map(|layout| Box::new(Bound(layout)) as Box<dyn Layout>).collect()
}

impl Default for SharedKeyring {
    fn default() -> Self {
        Self::new()
    }
}

impl CredentialsStore for SharedKeyring {
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        self.store.load(key).await
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        self.store.save(key, credentials).await
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        self.store.delete(key, only_if).await
    }

    async fn log_out(&self, key: &StoreKey) -> Result<LoggedOut, StoreError> {
        self.store.log_out(key).await
    }

    async fn load_note(&self, key: &StoreKey) -> Result<Option<String>, StoreError> {
        self.store.load_note(key).await
    }

    async fn save_note(&self, key: &StoreKey, note: &str) -> Result<(), StoreError> {
        self.store.save_note(key, note).await
    }

    fn keeps_notes(&self) -> bool {
        self.store.keeps_notes()
    }

    async fn lock(&self, key: &StoreKey) -> Result<StoreLock, StoreError> {
        self.store.lock(key).await
    }
}

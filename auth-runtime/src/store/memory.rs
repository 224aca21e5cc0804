//! Credentials that last as long as the program.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{CredentialsStore, StoreError, StoreKey, StoreLock};
use crate::Credentials;

/// Keeps credentials in memory, for several authenticators of one program.
///
/// ```
/// use auth_runtime::{Authenticator, flow::Pkce, store::MemoryStore};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let store = MemoryStore::new();
/// for endpoint in ["https://one.example.com", "https://two.example.com"] {
///     let authenticator = Authenticator::builder(endpoint).flow(Pkce::new()).store(store.clone()).build()?;
/// }
/// # Ok(()) }
/// ```
///
/// # Clone
///
/// Clones are the same store.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    entries: Mutex<HashMap<StoreKey, Credentials>>,
    notes: Mutex<HashMap<StoreKey, String>>,
    locks: Mutex<HashMap<StoreKey, Arc<tokio::sync::Mutex<()>>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<StoreKey, Credentials>> {
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notes(&self) -> MutexGuard<'_, HashMap<StoreKey, String>> {
        self.shared.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CredentialsStore for MemoryStore {
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        Ok(self.entries().get(key).cloned())
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        self.entries().insert(key.clone(), credentials.clone());
        Ok(())
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        let mut entries = self.entries();
        if entries.get(key).is_some_and(|stored| stored.same_tokens(only_if)) {
            entries.remove(key);
        }
        Ok(())
    }

    async fn load_note(&self, key: &StoreKey) -> Result<Option<String>, StoreError> {
        Ok(self.notes().get(key).cloned())
    }

    async fn save_note(&self, key: &StoreKey, note: &str) -> Result<(), StoreError> {
        match note {
            "" => drop(self.notes().remove(key)),
            note => drop(self.notes().insert(key.clone(), note.to_owned())),
        }
        Ok(())
    }

    async fn lock(&self, key: &StoreKey) -> Result<StoreLock, StoreError> {
        let lock = {
            let mut locks = self.shared.locks.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(locks.entry(key.clone()).or_default())
        };
        Ok(StoreLock::holding(lock.lock_owned().await))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("entries", &self.entries().len()).finish_non_exhaustive()
    }
}

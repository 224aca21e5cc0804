//! A store that is watched, and can be told to fail.

use std::sync::{Arc, Mutex};

use auth_runtime::{
    Credentials, Flow,
    store::{CredentialsStore, MemoryStore, StoreError, StoreKey, StoreLock},
};

use crate::{gate::Gate, login::Login};

/// The key of what [`Login::pkce`] stores.
pub fn key(login: &Login) -> StoreKey {
    Flow::store_key(&login.pkce(), &login.peer.endpoint())
}

/// Logs in through the browser, as an earlier run of a program did.
pub async fn logged_in_before(login: &Login, store: impl CredentialsStore) -> Credentials {
    let authenticator = login.builder(login.pkce()).store(store).build().unwrap();
    let pages = login.prompt.shown().len();
    let (credentials, page) = tokio::join!(authenticator.login(), login.log_in(pages));
    assert_eq!(page.status, 200);
    credentials.unwrap()
}

/// What can be done with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Reading.
    Load,
    /// Saving.
    Save,
    /// Deleting.
    Delete,
    /// Waiting for the lock.
    Lock,
}

/// A [`MemoryStore`] that remembers what was done with it. Clones are the same store.
#[derive(Debug, Clone, Default)]
pub struct WatchedStore {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    memory: MemoryStore,
    operations: Mutex<Vec<Operation>>,
    failing: Mutex<Vec<Operation>>,
    save_gate: Mutex<Option<Gate>>,
}

impl WatchedStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets these operations fail, and no others.
    pub fn fail(&self, operations: &[Operation]) {
        *self.shared.failing.lock().unwrap() = operations.to_vec();
    }

    /// Holds what is saved from now on at the gate that this returns.
    pub fn hold_saves(&self) -> Gate {
        self.shared.save_gate.lock().unwrap().insert(Gate::new()).clone()
    }

    /// What was done so far.
    pub fn operations(&self) -> Vec<Operation> {
        self.shared.operations.lock().unwrap().clone()
    }

    /// How often something was done.
    pub fn count(&self, operation: Operation) -> usize {
        self.operations().into_iter().filter(|done| *done == operation).count()
    }

    /// The store that is watched: what is done with it is not.
    pub fn memory(&self) -> &MemoryStore {
        &self.shared.memory
    }

    /// What is stored for the login's server.
    pub async fn content(&self, login: &Login) -> Option<Credentials> {
        self.memory().load(&key(login)).await.unwrap()
    }

    fn begin(&self, operation: Operation) -> Result<(), StoreError> {
        self.shared.operations.lock().unwrap().push(operation);
        if self.shared.failing.lock().unwrap().contains(&operation) {
            return Err(StoreError::new(format!("{operation:?} fails, as the test wants it")));
        }
        Ok(())
    }
}

impl CredentialsStore for WatchedStore {
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        self.begin(Operation::Load)?;
        self.memory().load(key).await
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        self.begin(Operation::Save)?;
        let gate = self.shared.save_gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.pass().await;
        }
        self.memory().save(key, credentials).await
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        self.begin(Operation::Delete)?;
        self.memory().delete(key, only_if).await
    }

    async fn lock(&self, key: &StoreKey) -> Result<StoreLock, StoreError> {
        self.begin(Operation::Lock)?;
        self.memory().lock(key).await
    }
}

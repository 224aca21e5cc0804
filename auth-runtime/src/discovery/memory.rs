//! The last login at a server, as far as the server decided it. It is kept where credentials are, whether or not this
//! login's are kept too; the logins of people also where no credentials are kept.

use std::{future::Future, sync::Arc, time::Duration};

use super::LoginTerms;
use crate::{
    net::warn_once::warn_once,
    store::{ErasedStore, Notes, StoreError, StoreKey},
};

/// What is remembered of the logins at one server.
#[derive(Clone)]
pub(crate) struct ProviderMemory {
    /// The authenticator's own.
    store: Option<Arc<dyn ErasedStore>>,
    /// For the logins of people, where the store does not keep notes between runs.
    notes: Option<Arc<dyn ErasedStore>>,
    key: StoreKey,
    timeout: Duration,
}

impl ProviderMemory {
    /// Of all logins at this endpoint, whatever their flow. Without `notes` that somebody has chosen, this user's are used
    /// where those of the store end with the program.
    pub(crate) fn new(
        store: Option<Arc<dyn ErasedStore>>,
        notes: Option<Notes>,
        endpoint: &str,
        timeout: Duration,
    ) -> Self {
        let keeps_notes = store.as_ref().is_some_and(|store| store.keeps_notes());
        let notes = notes.or_else(|| (!keeps_notes).then(Notes::of_user));
        let notes = notes.map(|notes| Arc::new(notes) as Arc<dyn ErasedStore>);
        Self { store, notes, key: StoreKey::new(endpoint, "", ""), timeout }
    }

    /// As it is for a login of a program, for which nothing is written where no credentials are kept.
    pub(crate) fn of_program(&self) -> Self {
        Self { notes: None, ..self.clone() }
    }

    /// The terms of the last login. A note that cannot be read counts as none, with a line in the log.
    pub(crate) async fn last(&self) -> Option<LoginTerms> {
        for store in self.store.iter().chain(&self.notes) {
            if let Some(terms) = self.read(&**store).await {
                return Some(terms);
            }
        }
        None
    }

    async fn read(&self, store: &dyn ErasedStore) -> Option<LoginTerms> {
        let note = self.bounded(store.load_note(&self.key)).await.unwrap_or_else(|error| {
            warn_once("the last login's provider is not known", &error);
            None
        })?;
        match serde_json::from_str(&note) {
            Ok(terms) => Some(terms),
            Err(_) => {
                let error = StoreError::new(format!("the note about {} is malformed", self.key.endpoint()));
                warn_once("the last login's provider is not known", &error);
                None
            }
        }
    }

    /// A login with these terms has succeeded. What the user has set is the user's to remember: where no credentials are
    /// kept, only a provider that the server has named (`by_server`) is written down.
    pub(crate) async fn keep(&self, terms: &LoginTerms, by_server: bool) {
        let note = match serde_json::to_string(terms) {
            Ok(note) => note,
            Err(error) => return tracing::debug!(%error, "the terms of a login cannot be written"),
        };
        for store in self.store.iter().chain(self.notes.iter().filter(|_| by_server)) {
            if let Err(error) = self.bounded(store.save_note(&self.key, &note)).await {
                warn_once("the provider is not remembered", &error);
            }
        }
    }

    async fn bounded<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let late = |_| StoreError::new(format!("the store did not answer within {:?}", self.timeout));
        tokio::time::timeout(self.timeout, work).await.map_err(late)?
    }
}

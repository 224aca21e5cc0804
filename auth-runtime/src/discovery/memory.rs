//! The last login at a server, as far as the server decided it. It is kept where credentials are, whether or not this
//! login's are kept too.

use std::{future::Future, sync::Arc, time::Duration};

use super::LoginTerms;
use crate::{
    net::warn_once::warn_once,
    store::{ErasedStore, StoreError, StoreKey},
};

/// What is remembered of the logins at one server.
#[derive(Clone)]
pub(crate) struct ProviderMemory {
    store: Arc<dyn ErasedStore>,
    key: StoreKey,
    timeout: Duration,
}

impl ProviderMemory {
    /// Of all logins at this endpoint, whatever their flow.
    pub(crate) fn new(store: Arc<dyn ErasedStore>, endpoint: &str, timeout: Duration) -> Self {
        Self { store, key: StoreKey::new(endpoint, "", ""), timeout }
    }

    /// The terms of the last login. A note that cannot be read counts as none, with a line in the log.
    pub(crate) async fn last(&self) -> Option<LoginTerms> {
        let note = self.bounded(self.store.load_note(&self.key)).await.unwrap_or_else(|error| {
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

    /// A login with these terms has succeeded.
    pub(crate) async fn keep(&self, terms: &LoginTerms) {
        let note = match serde_json::to_string(terms) {
            Ok(note) => note,
            Err(error) => return tracing::debug!(%error, "the terms of a login cannot be written"),
        };
        if let Err(error) = self.bounded(self.store.save_note(&self.key, &note)).await {
            warn_once("the provider is not remembered", &error);
        }
    }

    async fn bounded<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let late = |_| StoreError::new(format!("the store did not answer within {:?}", self.timeout));
        tokio::time::timeout(self.timeout, work).await.map_err(late)?
    }
}

//! What can go wrong with a store.

use std::error::Error as StdError;

/// Why a store could not be used. Never fails a call: it is logged once. [`CredentialsStore`](super::CredentialsStore)
/// has an example.
#[derive(Debug, thiserror::Error)]
#[error("{message}{}", .source.as_deref().map(|source| format!(": {source}")).unwrap_or_default())]
pub struct StoreError {
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// An error that says what failed and what to do about it, without any secret.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// The same, with what caused it.
    pub fn with_source(message: impl Into<String>, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { message: message.into(), source: Some(source.into()) }
    }
}

//! What can go wrong with a store.

use std::{
    error::Error as StdError,
    fmt::{self, Write as _},
};

use crate::plain_text::PlainText;

/// Why a store could not be used. It is logged once and costs what the store would have done: see
/// [the module](super#when-a-store-fails). [`CredentialsStore`](super::CredentialsStore) has an example.
///
/// `Display` says its own part only, and with `{:#}` the causes as well, which are behind
/// [`source`](std::error::Error::source).
#[derive(Debug)]
pub struct StoreError {
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause = self.source().filter(|_| f.alternate());
        while let Some(error) = cause {
            write!(PlainText(&mut *f), ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
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

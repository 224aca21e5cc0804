//! What a logout found in a store.

use crate::Credentials;

/// What [`CredentialsStore::log_out`](super::CredentialsStore::log_out) did.
///
/// ```
/// use auth_runtime::{Credentials, store::LoggedOut};
///
/// let outcome = LoggedOut::new(true).leaving("the login of another program", Credentials::new("its token"));
/// assert!(outcome.was_stored());
/// assert_eq!(outcome.left().collect::<Vec<_>>(), ["the login of another program"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct LoggedOut {
    was_stored: bool,
    left: Vec<(String, Credentials)>,
}

impl LoggedOut {
    /// Whether a login was stored, which is deleted now.
    pub fn new(was_stored: bool) -> Self {
        Self { was_stored, left: Vec::new() }
    }

    /// The same, with the name of what another program keeps, which is left where it is. It is not revoked at the provider
    /// either.
    #[must_use]
    pub fn leaving(mut self, name: impl Into<String>, credentials: Credentials) -> Self {
        self.left.push((name.into(), credentials));
        self
    }

    /// Whether a login was stored, which is deleted now.
    pub fn was_stored(&self) -> bool {
        self.was_stored
    }

    /// The names of what other programs keep, which is left where it is.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.left.iter().map(|(name, _)| name.as_str())
    }

    #[cfg(feature = "flyte")]
    pub(crate) fn or_stored(self, was_stored: bool) -> Self {
        Self { was_stored: self.was_stored || was_stored, ..self }
    }

    pub(crate) fn left_credentials(&self) -> impl Iterator<Item = &Credentials> {
        self.left.iter().map(|(_, credentials)| credentials)
    }
}

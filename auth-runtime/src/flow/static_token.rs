//! A token from elsewhere.

use secrecy::{ExposeSecret as _, SecretString};

use crate::{AuthError, Credentials, Flow, FlowContext};

/// A token that something else keeps valid: every refresh brings the same one.
///
/// Such a token is attached from the first call on, and a rejection is final: the same token is not sent twice.
///
/// ```
/// use auth_runtime::{Authenticator, flow::StaticToken};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com").flow(StaticToken::new("token")).build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct StaticToken {
    token: SecretString,
}

impl StaticToken {
    /// The flow of one token.
    pub fn new(token: impl Into<String>) -> Self {
        Self { token: SecretString::from(token.into()) }
    }
}

impl Flow for StaticToken {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Ok(Credentials::new(self.token.expose_secret()))
    }

    fn login_first(&self) -> bool {
        true
    }
}

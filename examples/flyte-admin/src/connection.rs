//! From an address and a client id to clients that are ready to call.

use auth_runtime::{
    AuthError, Authenticator, AuthenticatorBuilder, Verify, flow::ClientCredentials, flyte::AuthMetadata,
};

use crate::Flyte;

/// How to reach a Flyte, and as whom.
#[derive(Debug, Clone)]
pub struct Connection {
    /// `https://host[:port]`, or `http://` where that is allowed.
    pub endpoint: String,
    /// The client to log in as, when the server asks for a login.
    pub client: Option<ClientCredentials>,
    /// Whose certificates are trusted.
    pub verify: Verify,
    /// Whether credentials may cross a network unencrypted.
    pub allow_plaintext: bool,
}

impl Connection {
    /// Sets up the clients; nobody is contacted before the first call.
    ///
    /// # Errors
    ///
    /// When a setting cannot work.
    pub fn open(self) -> Result<(Flyte, Authenticator), AuthError> {
        // The metadata service is asked over the same connection as everything else, but bare: it says how to log in.
        let channel = self.settings().build()?.connect_lazy()?;
        let mut settings = self.settings().discovery(AuthMetadata::new(channel.clone()));
        if let Some(client) = self.client {
            settings = settings.flow(client);
        }
        let authenticator = settings.build()?;
        Ok((Flyte::new(channel, authenticator.clone()), authenticator))
    }

    fn settings(&self) -> AuthenticatorBuilder {
        Authenticator::builder(&self.endpoint).verify(self.verify.clone()).allow_plaintext(self.allow_plaintext)
    }
}

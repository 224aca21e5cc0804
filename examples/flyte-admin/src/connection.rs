//! From an address and a client id to clients that are ready to call.

use std::path::PathBuf;

use auth_runtime::{
    AuthError, Authenticator,
    flow::ClientCredentials,
    flyte::{AuthType, Config, Connector},
};

use crate::Flyte;

/// How to reach a Flyte, and as whom.
#[derive(Debug, Clone)]
pub struct Connection {
    /// As Flyte's configuration has it: `host[:port]`, also behind `dns:///`, `https://` or `http://`.
    pub endpoint: String,
    /// The client to log in as, when the server asks for a login.
    pub client: Option<ClientCredentials>,
    /// The only certificate authorities that are trusted, instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether credentials may cross a network unencrypted. An endpoint without a scheme is spoken to in plaintext then.
    pub allow_plaintext: bool,
    /// Whether PERMISSION_DENIED, for a call without credentials, means that a login is wanted: what Istio answers.
    pub login_on_permission_denied: bool,
}

impl Connection {
    /// Sets up the clients; nobody is contacted before the first call.
    ///
    /// # Errors
    ///
    /// When a setting cannot work.
    pub fn open(self) -> Result<(Flyte, Authenticator), AuthError> {
        let config = self.config();
        let (client, on_denial) = (self.client, self.login_on_permission_denied);
        let connection = Connector::new(config)
            .adjust(move |settings| match client {
                Some(client) => settings.flow(client).login_on_permission_denied(on_denial),
                None => settings,
            })
            .connect_lazy()?;
        Ok((connection.client(), connection.authenticator()))
    }

    /// The settings, but for the client.
    pub(crate) fn config(&self) -> Config {
        Config::for_endpoint(self.endpoint.clone())
            .with_insecure(self.allow_plaintext)
            .with_ca_cert_file_path(self.ca_file.clone())
            .with_auth_type(AuthType::None)
            .with_login_on_permission_denied(self.login_on_permission_denied)
    }
}

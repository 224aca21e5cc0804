//! The client credentials grant (RFC 6749 section 4.4).

use std::path::PathBuf;

use secrecy::SecretString;
use tokio::time::Instant;

use super::{
    ClientSettings, agreement::Agreement, client_secret::ClientSecret, revocation::revoke, settings::request_settings,
};
use crate::{AuthError, Credentials, Flow, FlowContext, discovery::EndpointKind, net::http::Repeat};

const NEEDED: [EndpointKind; 1] = [EndpointKind::Token];

/// Logs a program in with an id and a secret of its own.
///
/// Each login is one request to the token endpoint, and another where the connection breaks at once or the provider is not
/// available for the moment. Nothing is contacted before the first one.
///
/// ```
/// use auth_runtime::{Authenticator, flow::{ClientAuthentication, ClientCredentials}};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let flow = ClientCredentials::secret_from_env("my-service", "MY_SERVICE_SECRET")
///     .token_url("https://login.example.com/oauth2/token")
///     .scopes(["all"])
///     .client_authentication(ClientAuthentication::RequestBody);
/// let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "ClientSecret")]
pub struct ClientCredentials {
    client: ClientSettings,
}

request_settings!(ClientCredentials, client);

impl ClientCredentials {
    /// With a secret that is at hand. It is zeroized when the last clone is dropped and never appears in `Debug`; the
    /// HTTP request that carries it is not ours to erase.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::with(id, ClientSecret::Value(SecretString::from(secret.into())))
    }

    /// With a secret from a file, such as a mounted Kubernetes secret. It is read at each login, so that a rotated
    /// secret is used without a restart; blanks and line ends around it are left out.
    #[doc(alias = "clientSecretLocation")]
    pub fn secret_from_file(id: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self::with(id, ClientSecret::File(path.into()))
    }

    /// With a secret from an environment variable, read at each login; blanks and line ends around it are left out.
    #[doc(alias = "clientSecretEnvVar")]
    pub fn secret_from_env(id: impl Into<String>, variable: impl Into<String>) -> Self {
        Self::with(id, ClientSecret::Environment(variable.into()))
    }

    fn with(id: impl Into<String>, secret: ClientSecret) -> Self {
        Self { client: ClientSettings::confidential(id.into(), secret) }
    }

    /// Whether to ask for the audience that the server names, where none is set here. `true` by default.
    #[doc(alias = "useAudienceFromAdmin")]
    #[must_use]
    pub fn use_audience_from_server(mut self, use_audience_from_server: bool) -> Self {
        self.client.audience_from_server = use_audience_from_server;
        self
    }

    async fn log_in(&self, context: &FlowContext) -> Result<Credentials, AuthError> {
        let provider = self.client.provider(&NEEDED, context).await?;
        let agreement = Agreement::reach(&self.client, None, &provider, context).await?;
        let client = self.client.token_client(&provider, context).await?.repeating(Repeat::Idempotent);
        let mut request = client.client.exchange_client_credentials().add_scopes(self.client.scopes(context));
        if let Some(audience) = self.client.audience(context) {
            request = request.add_extra_param("audience", audience);
        }
        for (name, value) in self.client.token_params.pairs() {
            request = request.add_extra_param(name, value);
        }
        let requested_at = Instant::now();
        let outcome = request.request_async(&client.endpoint).await;
        let credentials = client.credentials(outcome, requested_at, None)?;
        agreement.keep().await;
        Ok(credentials)
    }
}

impl Flow for ClientCredentials {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        self.log_in(context).await.map_err(|error| self.client.explained(error, context))
    }

    async fn revoke(&self, context: &FlowContext, credentials: &Credentials) -> Result<(), AuthError> {
        revoke(&self.client, &NEEDED, context, credentials).await
    }
}

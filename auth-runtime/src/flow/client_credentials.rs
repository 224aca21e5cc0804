//! The client credentials grant (RFC 6749 section 4.4).

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use oauth2::{AuthType, ClientId, Scope, TokenUrl};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use crate::{
    AuthError, Credentials, Flow, FlowContext,
    oauth::{self, ClientSecret, Secrets, TokenEndpoint},
};

/// Logs a program in with an id and a secret of its own (flytekit's `ClientSecret` mode).
///
/// Each login is one request to the token endpoint. Nothing is contacted before the first one.
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
pub struct ClientCredentials {
    id: String,
    secret: ClientSecret,
    token_url: Option<String>,
    scopes: Option<Vec<String>>,
    audience: Option<String>,
    audience_from_server: bool,
    authentication: ClientAuthentication,
}

/// How a client proves who it is to the token endpoint (RFC 6749 section 2.3.1). Each request uses one way only, as
/// section 2.3 demands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// HTTP Basic with id and secret form-encoded, as the RFC has it and every provider must support it.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the request's body.
    RequestBody,
    /// HTTP Basic with id and secret as they are, for providers that do not decode them. The same as
    /// [`Basic`](Self::Basic) where both are made of letters, digits, `-`, `.`, `_` and `*`.
    BasicUnencoded,
}

impl ClientCredentials {
    /// With a secret that is at hand. It is zeroized when the last clone is dropped and never appears in `Debug`; the
    /// HTTP request that carries it is not ours to erase.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self::with(id, ClientSecret::Value(SecretString::from(secret.into())))
    }

    /// With a secret from a file, such as a mounted Kubernetes secret. It is read at each login, so that a rotated
    /// secret is used without a restart; line ends behind it are left out (flytekit's `clientSecretLocation`).
    #[doc(alias = "clientSecretLocation")]
    pub fn secret_from_file(id: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self::with(id, ClientSecret::File(path.into()))
    }

    /// With a secret from an environment variable, read at each login; line ends behind it are left out (flytekit's
    /// `clientSecretEnvVar`).
    #[doc(alias = "clientSecretEnvVar")]
    pub fn secret_from_env(id: impl Into<String>, variable: impl Into<String>) -> Self {
        Self::with(id, ClientSecret::Environment(variable.into()))
    }

    fn with(id: impl Into<String>, secret: ClientSecret) -> Self {
        Self {
            id: id.into(),
            secret,
            token_url: None,
            scopes: None,
            audience: None,
            audience_from_server: true,
            authentication: ClientAuthentication::default(),
        }
    }

    /// The token endpoint. Without it the server's own answer is used
    /// ([`ServerDetails::token_endpoint`](crate::ServerDetails::token_endpoint)).
    ///
    /// It must be `https://`, but for this machine or with
    /// [`allow_plaintext`](crate::AuthenticatorBuilder::allow_plaintext) (RFC 6749 section 3.2). Redirects are not
    /// followed.
    #[doc(alias = "tokenUrl")]
    #[must_use]
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.token_url = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    /// The scopes to ask for (RFC 6749 section 3.3), instead of those that the server names. Empty ones are left out;
    /// an empty list asks for none, even if the server names some.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// The audience to ask for, instead of the one that the server names. Not in RFC 6749, but some providers issue
    /// no token without it (Auth0).
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into()).filter(|audience| !audience.is_empty());
        self
    }

    /// Whether to ask for the audience that the server names, where none is set here. `true` by default, as in
    /// flytekit; flytectl's `useAudienceFromAdmin` is `false` by default.
    #[doc(alias = "useAudienceFromAdmin")]
    #[must_use]
    pub fn use_audience_from_server(mut self, use_audience_from_server: bool) -> Self {
        self.audience_from_server = use_audience_from_server;
        self
    }

    /// How id and secret are sent.
    #[must_use]
    pub fn client_authentication(mut self, authentication: ClientAuthentication) -> Self {
        self.authentication = authentication;
        self
    }

    fn requested_token_url<'a>(&'a self, context: &'a FlowContext) -> Result<(&'static str, &'a str), AuthError> {
        match (&self.token_url, context.server_details().token_endpoint()) {
            (Some(url), _) => Ok(("token_url", url)),
            (None, Some(url)) => Ok(("the server's token endpoint", url)),
            (None, None) => Err(AuthError::configuration(
                "token_url",
                "it is not set and the server names none; add .token_url(..) to the flow, \
                         or .discovery(..) to the authenticator"
                    .to_owned(),
            )),
        }
    }

    fn requested_scopes<'a>(&'a self, context: &'a FlowContext) -> impl Iterator<Item = Scope> + 'a {
        let scopes = self.scopes.as_deref().unwrap_or(context.server_details().scopes());
        scopes.iter().filter(|scope| !scope.is_empty()).cloned().map(Scope::new)
    }

    fn requested_audience<'a>(&'a self, context: &'a FlowContext) -> Option<&'a str> {
        let published = || context.server_details().audience().filter(|_| self.audience_from_server);
        self.audience.as_deref().or_else(published).filter(|audience| !audience.is_empty())
    }
}

impl Flow for ClientCredentials {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        if self.id.is_empty() {
            return Err(refuse("it is empty; give the id that the provider knows this client by"));
        }
        let (setting, token_url) = self.requested_token_url(context)?;
        let url = oauth::parse_endpoint(setting, token_url, context)?;
        let secret = self.secret.read().await?;

        let mut endpoint = TokenEndpoint::new(&url, context).await?;
        let authentication = match self.authentication {
            ClientAuthentication::Basic => AuthType::BasicAuth,
            ClientAuthentication::RequestBody => AuthType::RequestBody,
            ClientAuthentication::BasicUnencoded => {
                // The crate writes the header with both encoded; this one takes its place.
                endpoint = endpoint.with_authorization(unencoded_basic(&self.id, &secret)?);
                AuthType::BasicAuth
            }
        };
        let client = oauth::Client::new(ClientId::new(self.id.clone()))
            .set_client_secret(oauth2::ClientSecret::new(secret.expose_secret().to_owned()))
            .set_auth_type(authentication)
            .set_token_uri(TokenUrl::from_url(url));
        let mut request = client.exchange_client_credentials().add_scopes(self.requested_scopes(context));
        if let Some(audience) = self.requested_audience(context) {
            request = request.add_extra_param("audience", audience);
        }

        let requested_at = Instant::now();
        let answer = request.request_async(&endpoint).await;
        let answer = answer.map_err(|error| oauth::token_error(error, &Secrets::new([secret.expose_secret()])))?;
        Ok(oauth::credentials(&answer, requested_at))
    }
}

/// HTTP Basic as RFC 7617 section 2 has it: the first colon ends the id.
fn unencoded_basic(id: &str, secret: &SecretString) -> Result<HeaderValue, AuthError> {
    if id.contains(':') {
        return Err(refuse("it has a colon, which unencoded Basic cannot carry; use another ClientAuthentication"));
    }
    let encoded = STANDARD.encode(format!("{id}:{}", secret.expose_secret()));
    HeaderValue::try_from(format!("Basic {encoded}")).map_err(|_| refuse("it cannot stand in a header"))
}

fn refuse(reason: &str) -> AuthError {
    AuthError::configuration("client id", reason.to_owned())
}

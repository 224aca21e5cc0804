//! The authorization code grant with PKCE, for a person at a browser on this machine (RFC 7636, RFC 8252).

mod authorization;
pub(crate) mod callback;
pub(crate) mod listener;
pub(crate) mod page;
mod redirect_uri;

use std::time::Duration;

use secrecy::SecretString;

use self::{authorization::Authorization, listener::Listener, redirect_uri::RedirectUri};
use super::public_client::PublicClient;
use crate::{AuthError, Credentials, Flow, FlowContext, limits, prompt::Shown};

/// Logs a person in through the browser (flytekit's `Pkce` mode), and stays logged in with the refresh token that this
/// brings.
///
/// What the server publishes is used as far as it is not set here: for a Flyte server nothing need be set. While the
/// person is at the browser, this program listens on the redirect URI, on the loopback interface only.
///
/// A person is asked only where one may be ([`Interaction`](crate::Interaction)), through the authenticator's
/// [`LoginPrompt`](crate::LoginPrompt).
///
/// ```
/// use auth_runtime::{Authenticator, flow::Pkce};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let flow = Pkce::new()
///     .client_id("my-tool")
///     .authorization_url("https://login.example.com/oauth2/authorize")
///     .token_url("https://login.example.com/oauth2/token")
///     .redirect_uri("http://localhost:53593/callback")
///     .scopes(["all", "offline"]);
/// let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Pkce {
    client: PublicClient,
    authorization_url: Option<String>,
    redirect_uri: Option<String>,
    issuer: Option<String>,
    time_out: Duration,
}

impl Default for Pkce {
    fn default() -> Self {
        Self {
            client: PublicClient::default(),
            authorization_url: None,
            redirect_uri: None,
            issuer: None,
            time_out: limits::INTERACTIVE_LOGIN_TIMEOUT,
        }
    }
}

impl Pkce {
    /// With all settings from the server.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id that the provider knows this client by, instead of the one that the server names.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client.id = Some(id.into()).filter(|id| !id.is_empty());
        self
    }

    /// A client secret, for the providers that want one even of programs that cannot keep it. It is sent in the
    /// request's body.
    #[must_use]
    pub fn client_secret(mut self, secret: impl Into<String>) -> Self {
        self.client.secret = Some(SecretString::from(secret.into()));
        self
    }

    /// Where the person logs in, instead of the server's
    /// [`authorization_endpoint`](crate::ServerDetails::authorization_endpoint). `https://`, but for this machine.
    #[must_use]
    pub fn authorization_url(mut self, url: impl Into<String>) -> Self {
        self.authorization_url = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    /// The token endpoint, instead of the server's. `https://`, but for this machine.
    #[doc(alias = "tokenUrl")]
    #[must_use]
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.client.token_url = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    /// The redirect URI that is registered with the provider, instead of the one that the server names; else
    /// [`limits::DEFAULT_REDIRECT_URI`].
    ///
    /// It must be `http://` to this machine: `localhost`, `127.0.0.1` or `[::1]`. For `localhost` this program listens
    /// on both addresses. Port 0 takes any free one, for providers that allow that (RFC 8252 section 7.3).
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into()).filter(|uri| !uri.is_empty());
        self
    }

    /// The provider's issuer identifier. Where it is known here or from the server, an answer that names another
    /// issuer is refused (RFC 9207).
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into()).filter(|issuer| !issuer.is_empty());
        self
    }

    /// The scopes to ask for, instead of those that the server names.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.client.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// The audience to ask for, instead of the one that the server names.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.client.audience = Some(audience.into()).filter(|audience| !audience.is_empty());
        self
    }

    /// How long to wait for the person, [`limits::INTERACTIVE_LOGIN_TIMEOUT`] by default.
    #[doc(alias = "pkceConfig.timeout")]
    #[must_use]
    pub fn wait_at_most(mut self, time_out: Duration) -> Self {
        self.time_out = time_out;
        self
    }

    async fn log_in(&self, context: &FlowContext) -> Result<Credentials, AuthError> {
        let prompt = context.prompt()?;
        let published = context.server_details().redirect_uri();
        let redirect_uri =
            RedirectUri::parse(self.redirect_uri.as_deref().or(published).unwrap_or(limits::DEFAULT_REDIRECT_URI))?;
        let mut listener = Listener::bind(redirect_uri, context.limits()).await?;
        let authorization = Authorization::prepare(self, listener.redirect_uri(), context).await?;
        let mut callbacks = listener.expect(authorization.expected());

        let shown = Shown::by(prompt, |prompt| prompt.browser(authorization.url()));
        let callback = listener.serve(callbacks.next()).await?;
        let (outcome, reply) = callback.into_parts();
        // A second callback is answered meanwhile, and can change nothing.
        let outcome = match outcome {
            Ok(code) => listener.serve(authorization.exchange(code)).await,
            Err(error) => Err(error),
        };
        shown.ended(outcome.is_ok());
        listener.serve(reply.with(page::of(&outcome), context.limits().callback_page_timeout)).await;
        outcome
    }
}

impl Flow for Pkce {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        match previous.and_then(Credentials::refresh_token) {
            Some(refresh_token) => self.client.refresh(context, refresh_token).await,
            None => self.log_in(context).await,
        }
    }

    fn time_out(&self) -> Duration {
        self.time_out
    }

    fn name(&self) -> &'static str {
        "pkce"
    }

    fn client_id(&self) -> Option<&str> {
        self.client.id.as_deref()
    }

    fn persistent(&self) -> bool {
        true
    }
}

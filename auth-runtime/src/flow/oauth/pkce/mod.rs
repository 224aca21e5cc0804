//! The authorization code grant with PKCE, for a person at a browser on this machine (RFC 7636, RFC 8252).

mod authorization;
mod callback;
pub(crate) mod connections;
pub(crate) mod door;
mod listener;
pub(crate) mod page;
mod peer;
mod redirect_uri;
pub(crate) mod site;
pub(crate) mod visits;

use std::sync::Arc;

use self::{authorization::Authorization, door::Door, listener::Listener, redirect_uri::RedirectUri, site::Site};
use super::{
    person::person,
    personal::{PersonalGrant, PersonalLogin, personal_flow},
    settings::{personal_settings, request_settings},
    wire,
};
use crate::{
    AuthError, BrowserPrompt, Credentials, FlowContext, LoginEnd,
    discovery::EndpointKind,
    limits,
    prompt::{LoginSubject, PromptGuard},
};

/// Logs a person in through the browser, and stays logged in with the refresh token that this brings.
///
/// What the server publishes is used as far as it is not set here: where the server says all of it, nothing need be set. While the
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
#[derive(Debug, Clone, Default)]
pub struct Pkce {
    login: PersonalLogin,
    redirect_uri: Option<String>,
    requires_issuer: bool,
}

personal_flow!(Pkce);
request_settings!(Pkce, login.client);
personal_settings!(Pkce, timeout
    /// How long to wait for the person, 5 minutes by default.
    #[doc(alias = "pkceConfig.timeout")]);

impl Pkce {
    /// With all settings from the server.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the person logs in, instead of the server's
    /// [`authorization_endpoint`](crate::ServerDetails::authorization_endpoint). `https://`, but for this machine.
    #[must_use]
    pub fn authorization_url(mut self, url: impl Into<String>) -> Self {
        self.login.client.endpoints.authorization = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    /// The redirect URI that is registered with the provider, instead of the one that the server names; else
    /// `http://localhost:53593/callback`.
    ///
    /// It must be `http://` to this machine: `localhost`, `127.0.0.1` or `[::1]`. For `localhost` this program listens
    /// on both addresses. It is sent byte for byte as it is written. Port 0 takes any free one, for providers that allow that (RFC 8252 section 7.3).
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into()).filter(|uri| !uri.is_empty());
        self
    }

    /// Whether the browser must come back with the issuer's name (`iss`, RFC 9207), for a provider that is known to send it.
    /// Where the provider's metadata says that it does, it must in any case. `false` by default: many send none.
    #[must_use]
    pub fn require_issuer_in_response(mut self, required: bool) -> Self {
        self.requires_issuer = required;
        self
    }
}

impl PersonalGrant for Pkce {
    const NAME: &'static str = "pkce";
    const NEEDED: &'static [EndpointKind] = &[EndpointKind::Authorization, EndpointKind::Token];

    fn login(&self) -> &PersonalLogin {
        &self.login
    }

    async fn log_in(&self, context: &FlowContext) -> Result<Credentials, AuthError> {
        context.check_may_ask()?;
        let published = context.server_details().redirect_uri();
        let redirect_uri =
            RedirectUri::parse(self.redirect_uri.as_deref().or(published).unwrap_or(limits::DEFAULT_REDIRECT_URI))?;
        let mut listener = Listener::bind(redirect_uri).await?;
        let authorization = Arc::new(Authorization::prepare(self, listener.redirect_uri(), context).await?);
        let issuer = authorization.issuer().clone();
        let site = Site::new(&listener.redirect_uri().url);
        let (opened_url, shown_url) = (site.opened_url(), site.shown_url());
        let begin = {
            let authorization = Arc::clone(&authorization);
            move || authorization.begin()
        };
        let (door, answers) = Door::new(site, issuer, self.login.timeout, begin);
        listener.open(door);

        let subject = LoginSubject {
            provider: &wire::host(authorization.page()),
            server: context.endpoint(),
            servers_choice: authorization.servers_choice(),
        };
        let request = BrowserPrompt { opened_url: &opened_url, shown_url: &shown_url, subject };
        let shown = PromptGuard::show(context.prompt()?, |prompt| prompt.browser(&request))?;
        let (answer, reply) = listener.serve(answers.next()).await?;
        // A second answer is turned away meanwhile, and can change nothing.
        let outcome = match answer {
            Ok(code) => listener.serve(authorization.exchange(code)).await,
            Err(error) => Err(error),
        };
        let person = outcome.as_ref().ok().and_then(person);
        let told = shown.ended(&LoginEnd { succeeded: outcome.is_ok(), person: person.as_deref() });
        let outcome = outcome.and_then(|credentials| told.map(|()| credentials));
        let page = page::of(outcome.as_ref().map(|_| person.as_deref()));
        listener.serve(reply.with(page, limits::CALLBACK_PAGE_TIMEOUT)).await;
        if outcome.is_ok() {
            authorization.keep_terms().await;
        }
        outcome
    }
}

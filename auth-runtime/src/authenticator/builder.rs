//! Building an authenticator.

use std::{
    borrow::Cow,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::OnceCell;
use tonic::Status;

use super::{Authenticator, Inner, Policy};
#[cfg(feature = "flyte")]
use crate::discovery::SettingNames;
#[cfg(feature = "transport")]
use crate::net::channel::ConnectionSettings;
#[cfg(feature = "flyte")]
use crate::net::names::ConnectionNames;
use crate::{
    AuthError, Credentials, Discovery, Flow, Interaction, LoginPrompt, Verify,
    discovery::ErasedDiscovery,
    flow::ErasedFlow,
    limits::Limits,
    net::{destination::Destination, header},
    prompt::Interactivity,
    session::{Clock, CredentialSource, RevokedRefreshTokens, Session, SessionStore},
    store::{CredentialsStore, ErasedStore},
};
#[cfg(feature = "oauth")]
use crate::{discovery::ProviderMemory, flow::ProviderSettings, store::Notes};

/// Settings of an [`Authenticator`]. [`build`](Self::build) checks them and contacts nobody.
#[must_use = "nothing happens before `build`"]
pub struct AuthenticatorBuilder {
    endpoint: String,
    flow: Option<Box<dyn ErasedFlow>>,
    discovery: Option<Box<dyn ErasedDiscovery>>,
    header_key: Option<String>,
    credentials: Option<Credentials>,
    store: Option<Box<dyn ErasedStore>>,
    http_proxy: Option<String>,
    verify: Verify,
    allow_plaintext: bool,
    login_first: Option<bool>,
    policy: Policy,
    clock: Clock,
    interactivity: Interactivity,
    limits: Limits,
    announced_elsewhere: bool,
    #[cfg(feature = "transport")]
    pub(super) connection: ConnectionSettings,
    #[cfg(feature = "oauth")]
    pub(super) provider: ProviderSettings,
    #[cfg(feature = "oauth")]
    notes: Option<Notes>,
}

impl AuthenticatorBuilder {
    pub(super) fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            flow: None,
            discovery: None,
            header_key: None,
            credentials: None,
            store: None,
            http_proxy: None,
            verify: Verify::default(),
            allow_plaintext: false,
            login_first: None,
            policy: Policy::default(),
            clock: Clock::default(),
            interactivity: Interactivity::default(),
            limits: Limits::default(),
            announced_elsewhere: false,
            #[cfg(feature = "transport")]
            connection: ConnectionSettings::default(),
            #[cfg(feature = "oauth")]
            provider: ProviderSettings::default(),
            #[cfg(feature = "oauth")]
            notes: None,
        }
    }

    /// How credentials are got. Without a flow only [`credentials`](Self::credentials) are used, until they expire.
    pub fn flow(mut self, flow: impl Flow) -> Self {
        self.flow = Some(Box::new(flow));
        self
    }

    #[cfg(feature = "flyte")]
    pub(crate) fn has_flow(&self) -> bool {
        self.flow.is_some()
    }

    /// A flow whose type is not known.
    #[cfg(feature = "flyte")]
    pub(crate) fn boxed_flow(mut self, flow: Box<dyn ErasedFlow>) -> Self {
        self.flow = Some(flow);
        self
    }

    /// The header that carries the token, over what the server publishes. Empty means the default, `authorization`.
    pub fn header_key(mut self, header_key: impl Into<String>) -> Self {
        self.header_key = Some(header_key.into()).filter(|key| !key.is_empty());
        self
    }

    /// Credentials to begin with, for instance from an earlier run.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Where credentials are kept between runs, for flows that are worth it
    /// ([`Flow::persistent`]). It is read at the first call.
    ///
    /// Stored credentials must be for this endpoint, client and flow; those given with
    /// [`credentials`](Self::credentials) win.
    pub fn store(mut self, store: impl CredentialsStore) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// A store whose type is not known.
    #[cfg(feature = "flyte")]
    pub(crate) fn boxed_store(mut self, store: Box<dyn ErasedStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Where to remember whom people log in with: one small file for each server, without a secret, that only this user may
    /// read. Where the server names another provider the next time, or asks for more, the person is asked about it, and
    /// where nobody can be asked the login is refused.
    ///
    /// By default that is written where the [store](Self::store) keeps its notes between runs, else into
    /// `$XDG_STATE_HOME/auth-runtime-notes`, else `~/.local/state/auth-runtime-notes` (on macOS in
    /// `~/Library/Application Support`, on Windows in `%LOCALAPPDATA%`). It is written after a login that a person was
    /// asked for at a provider that nobody but the server has named, and by nothing else. Where it cannot be written, a line
    /// in the log says so, and the login goes on.
    #[cfg(feature = "oauth")]
    pub fn provider_notes_in(mut self, directory: impl Into<std::path::PathBuf>) -> Self {
        self.notes = Some(Notes::in_directory(directory.into()));
        self
    }

    /// Writes no file of its own about whom people log in with: where no [store](Self::store) keeps it, what
    /// [`provider_notes_in`](Self::provider_notes_in) says is remembered only for as long as this authenticator lives. The
    /// next run takes any provider for the first one, so set the [`issuer`](Self::issuer) where you can.
    #[cfg(feature = "oauth")]
    pub fn without_provider_notes(mut self) -> Self {
        self.notes = Some(Notes::in_memory());
        self
    }

    /// A proxy, as a URL, for the requests to the identity provider and for [`Authenticator::connect`].
    ///
    /// Without it, both take one from the environment for `https://` addresses beyond this machine: `HTTPS_PROXY`, else
    /// `ALL_PROXY`, unless `NO_PROXY` has the host (each also in lower case; `NO_PROXY` as Go reads it: domains, `.suffix`,
    /// `*`, addresses, networks such as `10.0.0.0/8`, each but networks with a port if need be). Plaintext takes none
    /// from the environment. `Authenticator::proxy_for` says which one is taken and why.
    #[doc(alias = "http_proxy_url")]
    pub fn http_proxy(mut self, url: impl Into<String>) -> Self {
        self.http_proxy = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    /// Credentials for an identity-aware proxy that stands before the identity provider as well: each HTTP request to
    /// the provider carries them, next to its own. They are refreshed once when HTTP 401 or 407 comes back with
    /// something else than the provider's own JSON.
    ///
    /// Build them as those of [`ProxyAuthLayer`](crate::ProxyAuthLayer), with `.header_key("proxy-authorization")`.
    /// They go to the endpoint's own origin, and to hosts of URLs that are set here or on the flow: the issuer's, the
    /// provider's endpoints. A host that only a server names does not see them.
    #[cfg(feature = "oauth")]
    #[doc(alias = "proxyCommand")]
    pub fn proxy_credentials(mut self, proxy: Authenticator) -> Self {
        self.provider.proxy_credentials = Some(Arc::new(proxy));
        self
    }

    /// The identity provider's issuer identifier, such as `https://login.example.com/realms/mine`. All OAuth flows
    /// inherit it, and it alone configures them: their endpoints come from the issuer's own metadata (RFC 8414, OpenID
    /// Connect Discovery), fetched at the first login. What is set on the flow must fit it.
    ///
    /// Where it is set, no server can name another provider, or endpoints of another.
    ///
    /// ```
    /// use auth_runtime::{Authenticator, flow::Pkce};
    ///
    /// # fn main() -> Result<(), auth_runtime::AuthError> {
    /// let authenticator = Authenticator::builder("https://service.example.com")
    ///     .issuer("https://login.example.com")
    ///     .flow(Pkce::new().client_id("my-tool"))
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "oauth")]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.provider.issuer = Some(issuer.into()).filter(|issuer| !issuer.is_empty()).map(Into::into);
        self
    }

    /// Another authenticator, built from the same settings, warns of what they are careless about.
    #[cfg(feature = "flyte")]
    pub(crate) fn announced_elsewhere(mut self) -> Self {
        self.announced_elsewhere = true;
        self
    }

    /// What messages call the settings of the provider, and of connections.
    #[cfg(feature = "flyte")]
    pub(crate) fn setting_names(mut self, names: SettingNames, connection: ConnectionNames) -> Self {
        self.provider.names = names;
        self.provider.connection = connection;
        self.connection.names = connection;
        self
    }

    /// Whether HTTP/2 may send the token once for many calls: from the second call of a connection on, a reference of a
    /// few bytes stands for it. That saves what 1.5 KiB of token cost each call. Off by default; on for connections that
    /// `auth_runtime::flyte` makes.
    ///
    /// It holds where all of this does. Elsewhere each call carries the token, marked as a header that nobody may index:
    ///
    /// - The channel is one that this authenticator connected (`connect` and its kin, not [`over`](Authenticator::over)),
    ///   without a [proxy's credentials](crate::AuthenticatedChannel::with_proxy) on it.
    /// - The header key is another than `authorization`, which the HTTP/2 beneath never indexes.
    /// - The token is a bearer token of 32 characters or more.
    ///
    /// # Security
    ///
    /// Whoever puts headers of their own onto the same connection and sees how long requests become can tell whether a guess
    /// is all of a value that is in HTTP/2's table (RFC 7541 section 7.1). Values that nobody guesses are safe from that, and
    /// a bearer token of 32 characters is one. Section 7.1.3 therefore leaves the choice to the encoder; grpc-go and
    /// grpc-java index tokens.
    ///
    /// Put no other authenticator over [`anonymous`](crate::AuthenticatedChannel::anonymous) of such a channel: two
    /// parties would share its table.
    pub fn index_token(mut self, index_token: bool) -> Self {
        self.policy.index_token = index_token;
        self
    }

    /// How long before its expiry a token is refreshed in the background: as
    /// [`Limits::with_refresh_window`].
    #[doc(alias = "tokenRefreshWindow")]
    pub fn refresh_window(mut self, window: Duration) -> Self {
        self.limits.refresh_window = window;
        self
    }

    /// Limits and timeouts other than the [defaults](crate::limits), those of [`refresh_window`](Self::refresh_window)
    /// among them: what is called last wins.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The largest message, in bytes, that authenticated clients accept: 4 MiB by default, as for tonic. A client's own
    /// `max_decoding_message_size` wins.
    #[doc(alias = "maxMessageSizeBytes")]
    pub fn max_decoding_message_size(mut self, bytes: usize) -> Self {
        self.policy.max_decoding_message_size = Some(bytes);
        self
    }

    /// A deadline for calls that bring none of their own (`grpc-timeout`); there is none by default.
    ///
    /// It bounds the whole of a call with one response, login and replay included, and is sent to the server as
    /// `grpc-timeout`. Of a call with a stream of responses it bounds the time until the response begins, login and
    /// replay included, and is not sent: how long the stream may take is [`stream_timeout`](Self::stream_timeout).
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.policy.call_timeout = Some(timeout);
        self
    }

    /// A deadline for calls with a stream of responses that bring none of their own, from the call to the last
    /// response; there is none by default. It is sent to the server as `grpc-timeout`.
    pub fn stream_timeout(mut self, timeout: Duration) -> Self {
        self.policy.stream_timeout = Some(timeout);
        self
    }

    /// Which certificates are trusted, for gRPC and for the identity provider alike.
    pub fn verify(mut self, verify: Verify) -> Self {
        self.verify = verify;
        self
    }

    /// Whether to log in before the first call, instead of sending it anonymously to see if the server wants credentials.
    /// Saves one rejected call where it does. Each flow has its own default.
    pub fn login_first(mut self, login_first: bool) -> Self {
        self.login_first = Some(login_first);
        self
    }

    /// Whether secrets may travel unencrypted beyond the loopback interface: only where the network itself is
    /// trusted, such as inside a service mesh.
    pub fn allow_plaintext(mut self, allow_plaintext: bool) -> Self {
        self.allow_plaintext = allow_plaintext;
        self
    }

    /// Where header key, endpoints, scopes and audience come from as far as they are not set here.
    pub fn discovery(mut self, discovery: impl Discovery) -> Self {
        self.discovery = Some(Box::new(discovery));
        self
    }

    /// Whether PERMISSION_DENIED counts as a rejection for a call that went out without credentials, as Istio answers
    /// it. Never for a call that carried some: those it says no to for good.
    pub fn login_on_permission_denied(mut self, login_on_permission_denied: bool) -> Self {
        self.policy.login_on_permission_denied = login_on_permission_denied;
        self
    }

    /// Further statuses that count as a rejection, for servers that do not say UNAUTHENTICATED.
    ///
    /// The call is sent again after such a response: choose only statuses with which the server promises not to have
    /// acted. UNKNOWN is no such status.
    pub fn retry_on(mut self, rejects: impl Fn(&Status) -> bool + Send + Sync + 'static) -> Self {
        self.policy.retry_on = Some(Box::new(rejects));
        self
    }

    /// How a person is asked to log in, instead of on the terminal.
    pub fn prompt(mut self, prompt: impl LoginPrompt) -> Self {
        self.interactivity.prompt = Arc::new(prompt);
        self
    }

    /// Whether a person may be asked to log in. By default, if the program runs on a terminal.
    pub fn interaction(mut self, interaction: Interaction) -> Self {
        self.interactivity.interaction = interaction;
        self
    }

    /// An environment variable that forbids to ask a person, whatever [`interaction`](Self::interaction) says, besides
    /// [`NON_INTERACTIVE_VARIABLE`](crate::NON_INTERACTIVE_VARIABLE).
    pub fn non_interactive_variable(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.interactivity.forbidding_variables.push(name.into());
        self
    }

    /// The command that logs a person in, for the error where none may be asked. By default, this program's name.
    pub fn login_command(mut self, command: impl Into<String>) -> Self {
        self.interactivity.command = Some(command.into().into());
        self
    }

    /// Replaces the wall clock, for tests of expiry. The monotonic clock is tokio's, which tests can pause.
    #[doc(hidden)]
    pub fn wall_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::with_wall(Arc::new(now));
        self
    }

    /// Checks the settings and builds the authenticator.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for an endpoint, a header key or limits that cannot work, and
    /// [`AuthErrorKind::InvalidResponse`](crate::AuthErrorKind::InvalidResponse) for initial credentials that no header can carry.
    pub fn build(mut self) -> Result<Authenticator, AuthError> {
        self.limits.check()?;
        let limits = Arc::new(self.limits);
        let destination = Destination::parse(&self.endpoint, self.allow_plaintext)?;
        if self.verify == Verify::InsecureSkip {
            let origin = destination.origin();
            match self.announced_elsewhere {
                true => tracing::debug!("certificates are not verified: {origin}"),
                false => tracing::warn!("certificates are not verified, so that anybody can pass for: {origin}"),
            }
        }
        self.policy.header_key = self.header_key.as_deref().map(header::parse_key).transpose()?;
        let login_first = self.login_first.unwrap_or_else(|| self.flow.as_ref().is_some_and(|flow| flow.login_first()));
        let endpoint: Arc<str> = destination.origin().into();
        if self.flow.as_ref().is_some_and(|flow| flow.persistent() && flow.name().is_empty()) {
            return Err(AuthError::configuration(
                "flow",
                "it is persistent but has no name, so its stored credentials could be another's; implement Flow::name",
            ));
        }
        let store: Option<Arc<dyn ErasedStore>> = self.store.map(Arc::from);
        let stored = store.as_ref().zip(self.flow.as_deref().filter(|flow| flow.persistent())).map(|(store, flow)| {
            let key = flow.store_key(&endpoint);
            #[cfg(feature = "oauth")]
            let key = key.or_issuer(self.provider.issuer.as_deref());
            Arc::new(SessionStore::new(Arc::clone(store), key, Arc::clone(&limits)))
        });
        #[cfg(feature = "oauth")]
        let provider = ProviderSettings {
            memory: Some(ProviderMemory::new(store, self.notes, &endpoint, limits.store_timeout)),
            ..self.provider
        };
        let source = CredentialSource {
            endpoint,
            flow: self.flow,
            store: stored,
            revoked: RevokedRefreshTokens::default(),
            discovery: self.discovery,
            details: OnceCell::new(),
            header_key: self.header_key,
            http_proxy: self.http_proxy.map(Into::into),
            verify: self.verify,
            allow_plaintext: self.allow_plaintext,
            interactivity: self.interactivity,
            limits: Arc::clone(&limits),
            #[cfg(feature = "oauth")]
            provider,
        };
        let session = Session::new(source, self.clock, self.credentials, login_first)?;
        let inner = Inner {
            destination,
            session,
            policy: self.policy,
            limits,
            #[cfg(feature = "transport")]
            connection: self.connection,
        };
        Ok(Authenticator { inner: Arc::new(inner) })
    }
}

/// Without secrets: neither credentials nor URLs, which may hold a password.
impl fmt::Debug for AuthenticatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatorBuilder")
            .field("header_key", &self.header_key)
            .field("verify", &self.verify)
            .finish_non_exhaustive()
    }
}

//! The settings of an authenticator, by what they are about; `build` checks them and puts them together.

mod build;
mod calls;
mod network;
mod people;
#[cfg(feature = "oauth")]
mod provider;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::Policy;
#[cfg(feature = "flyte")]
use crate::discovery::SettingNames;
#[cfg(feature = "oauth")]
use crate::flow::ProviderSettings;
#[cfg(feature = "transport")]
use crate::net::channel::ConnectionSettings;
#[cfg(feature = "flyte")]
use crate::net::names::ConnectionNames;
#[cfg(feature = "oauth")]
use crate::store::Notes;
use crate::{
    Credentials, Discovery, Flow, Verify,
    discovery::ErasedDiscovery,
    flow::ErasedFlow,
    limits::Limits,
    prompt::Interactivity,
    session::Clock,
    store::{CredentialsStore, ErasedStore},
};

/// Settings of an [`Authenticator`](crate::Authenticator). [`build`](Self::build) checks them and contacts nobody.
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
    pub(in crate::authenticator) connection: ConnectionSettings,
    #[cfg(feature = "oauth")]
    pub(in crate::authenticator) provider: ProviderSettings,
    #[cfg(feature = "oauth")]
    notes: Option<Notes>,
}

impl AuthenticatorBuilder {
    pub(in crate::authenticator) fn new(endpoint: String) -> Self {
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

    /// The header that carries the token, over what the server publishes. Empty means that it is not set: then the key of
    /// the credentials themselves, the one that the server publishes and `authorization` follow.
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

    /// Whether to log in before the first call, instead of sending it anonymously to see if the server wants credentials.
    /// Saves one rejected call where it does. Calls that cannot be sent again, such as those of methods with `no_replay`,
    /// are never sent to see. Each flow has its own default.
    pub fn login_first(mut self, login_first: bool) -> Self {
        self.login_first = Some(login_first);
        self
    }

    /// Where header key, endpoints, scopes and audience come from as far as they are not set here.
    pub fn discovery(mut self, discovery: impl Discovery) -> Self {
        self.discovery = Some(Box::new(discovery));
        self
    }

    /// Replaces the wall clock, for tests of expiry. The monotonic clock is tokio's, which tests can pause.
    #[doc(hidden)]
    pub fn wall_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::with_wall(Arc::new(now));
        self
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

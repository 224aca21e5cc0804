//! What the session hands to a flow.

use std::{fmt, sync::Arc};

use crate::{AuthError, LoginPrompt, ServerDetails, Verify, limits::Limits, prompt::Interactivity};
#[cfg(feature = "oauth")]
use crate::{
    discovery::{MetadataCache, ProviderMemory, ProviderSearch, SettingNames},
    net::{client_identity::ClientIdentity, header_source::HeaderSource, http::HttpSettings, names::ConnectionNames},
};

/// What a [`Flow`](crate::Flow) may need to know: where it logs in to, and how connections are to be made. A flow of
/// your own is given it: the [module](crate::flow) has an example.
#[derive(Clone)]
pub struct FlowContext {
    endpoint: Arc<str>,
    details: Arc<ServerDetails>,
    http_proxy: Option<Arc<str>>,
    verify: Verify,
    allow_plaintext: bool,
    interactivity: Interactivity,
    limits: Arc<Limits>,
    #[cfg(feature = "oauth")]
    provider: ProviderSettings,
}

/// How the identity provider is found and reached.
#[cfg(feature = "oauth")]
#[derive(Clone, Default)]
pub(crate) struct ProviderSettings {
    pub(crate) issuer: Option<Arc<str>>,
    pub(crate) names: SettingNames,
    pub(crate) metadata: Arc<MetadataCache>,
    /// The last login.
    pub(crate) memory: Option<ProviderMemory>,
    /// For a proxy before the identity provider.
    pub(crate) proxy_credentials: Option<Arc<dyn HeaderSource>>,
    pub(crate) identity: Option<ClientIdentity>,
    pub(crate) connection: ConnectionNames,
}

impl FlowContext {
    pub(crate) fn new(
        endpoint: Arc<str>,
        details: Arc<ServerDetails>,
        http_proxy: Option<Arc<str>>,
        verify: Verify,
        allow_plaintext: bool,
    ) -> Self {
        Self {
            endpoint,
            details,
            http_proxy,
            verify,
            allow_plaintext,
            interactivity: Interactivity::default(),
            limits: Arc::default(),
            #[cfg(feature = "oauth")]
            provider: ProviderSettings::default(),
        }
    }

    /// The same, with what is known about the person who could be asked.
    pub(crate) fn with_interactivity(mut self, interactivity: Interactivity) -> Self {
        self.interactivity = interactivity;
        self
    }

    /// The same, with limits other than the defaults.
    pub(crate) fn with_limits(mut self, limits: Arc<Limits>) -> Self {
        self.limits = limits;
        self
    }

    /// The same, with what is known about the identity provider.
    #[cfg(feature = "oauth")]
    pub(crate) fn with_provider(mut self, provider: ProviderSettings) -> Self {
        self.provider = provider;
        self
    }

    #[cfg(feature = "oauth")]
    pub(crate) fn provider_memory(&self, is_program: bool) -> Option<ProviderMemory> {
        let memory = self.provider.memory.as_ref()?;
        Some(if is_program { memory.of_program() } else { memory.clone() })
    }

    #[cfg(feature = "oauth")]
    pub(crate) fn provider_search(&self) -> ProviderSearch {
        let ProviderSettings { issuer, names, metadata, proxy_credentials, identity, connection, memory: _ } =
            self.provider.clone();
        ProviderSearch {
            endpoint: Arc::clone(&self.endpoint),
            details: Arc::clone(&self.details),
            issuer,
            names,
            http: HttpSettings {
                proxy: self.http_proxy.clone(),
                verify: self.verify.clone(),
                identity,
                names: connection,
                allow_plaintext: self.allow_plaintext,
                attempt_timeout: self.limits.http_attempt_timeout,
            },
            proxy_credentials,
            cache: metadata,
        }
    }

    /// The header for a proxy before the identity provider: HTTP requests to the provider should carry it, if the
    /// provider is on the endpoint's own origin or its host is one that the user has named. A host that only a server
    /// named must not see it. `None` where there is no such proxy.
    ///
    /// # Errors
    ///
    /// What the login at the proxy failed with.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves that login running for others.
    #[cfg(feature = "oauth")]
    pub async fn proxy_header(&self) -> Result<Option<(http::HeaderName, http::HeaderValue)>, AuthError> {
        match &self.provider.proxy_credentials {
            Some(proxy) => proxy.header().await,
            None => Ok(None),
        }
    }

    /// The endpoint of the authenticator: scheme and authority.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What the server says about logging in; empty without [`Discovery`](crate::Discovery).
    pub fn server_details(&self) -> &ServerDetails {
        &self.details
    }

    /// The proxy for HTTP requests, as a URL.
    pub fn http_proxy(&self) -> Option<&str> {
        self.http_proxy.as_deref()
    }

    /// How certificates are verified.
    pub fn verify(&self) -> &Verify {
        &self.verify
    }

    /// Whether secrets may travel unencrypted beyond the loopback interface.
    pub fn allow_plaintext(&self) -> bool {
        self.allow_plaintext
    }

    /// The limits and timeouts of the authenticator.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether a person may be asked to log in.
    pub fn may_ask(&self) -> bool {
        self.interactivity.allowed()
    }

    /// Fails where nobody may be asked, before anything is prepared for it.
    #[cfg(feature = "oauth")]
    pub(crate) fn check_may_ask(&self) -> Result<(), AuthError> {
        self.interactivity.check()
    }

    /// How a person is asked, if one may be, who counts as asked from then on: for flows of your own that need somebody to act.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::InteractionNeeded`](crate::AuthErrorKind::InteractionNeeded) where nobody may be asked.
    pub fn prompt(&self) -> Result<&dyn LoginPrompt, AuthError> {
        self.interactivity.prompt()
    }
}

/// Without the proxy's URL, which may hold a password.
impl fmt::Debug for FlowContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowContext")
            .field("endpoint", &self.endpoint)
            .field("details", &self.details)
            .field("verify", &self.verify)
            .field("allow_plaintext", &self.allow_plaintext)
            .finish_non_exhaustive()
    }
}

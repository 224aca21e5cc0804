//! Where a session gets credentials from: the store, discovery, the flow.

use std::{sync::Arc, time::Duration};

use tokio::sync::OnceCell;

use super::{
    super::{clock::Clock, core::is_usable, sync::timeout},
    RevokedRefreshTokens, SessionStore,
    session_store::{Entry, LoginEpoch},
};
#[cfg(feature = "oauth")]
use crate::flow::ProviderSettings;
use crate::{
    AuthError, Credentials, FlowContext, ServerDetails, Verify, discovery::ErasedDiscovery, flow::ErasedFlow, limits,
    limits::Limits, prompt::Interactivity,
};

/// All that a login needs and that does not change during a session.
pub(crate) struct CredentialSource {
    pub(crate) endpoint: Arc<str>,
    pub(crate) flow: Option<Box<dyn ErasedFlow>>,
    /// Where the flow's credentials are kept, if they are.
    pub(crate) store: Option<Arc<SessionStore>>,
    pub(crate) revoked: RevokedRefreshTokens,
    pub(crate) discovery: Option<Box<dyn ErasedDiscovery>>,
    pub(crate) details: OnceCell<Arc<ServerDetails>>,
    /// The key that was configured: it wins over every other.
    pub(crate) header_key: Option<String>,
    pub(crate) http_proxy: Option<Arc<str>>,
    pub(crate) verify: Verify,
    pub(crate) allow_plaintext: bool,
    pub(crate) interactivity: Interactivity,
    pub(crate) limits: Arc<Limits>,
    #[cfg(feature = "oauth")]
    pub(crate) provider: ProviderSettings,
}

/// What one refresh is to do.
pub(super) struct RefreshOrder {
    /// The credentials that it replaces.
    pub(super) previous: Option<Credentials>,
    /// Somebody logs in by hand.
    pub(super) by_hand: bool,
    /// Somebody waits for it, so that a person may be asked.
    pub(super) attended: bool,
    pub(super) login: LoginEpoch,
    pub(super) clock: Clock,
}

/// What is stored when a session begins.
pub(super) enum StoredState {
    /// Credentials that can be used without asking the provider.
    Usable(Credentials),
    /// Credentials whose access token has expired; they can be refreshed.
    Expired,
    /// None.
    Missing,
}

/// What a refresh returned.
pub(super) enum Refreshed {
    /// What the provider issued.
    Issued(Credentials),
    /// What another program had got already.
    FromStore(Credentials),
    /// Nothing: another program has logged out.
    LoggedOut,
}

impl CredentialSource {
    pub(in crate::session) fn has_store(&self) -> bool {
        self.store.is_some()
    }

    pub(in crate::session) fn has_flow(&self) -> bool {
        self.flow.is_some()
    }

    pub(super) fn login_epoch(&self) -> LoginEpoch {
        self.store.as_ref().map(|store| store.login_epoch()).unwrap_or_default()
    }

    /// Looks into the store; asks the provider nothing.
    pub(super) async fn load(&self, clock: &Clock) -> StoredState {
        let Some(store) = &self.store else { return StoredState::Missing };
        match store.look(None).await {
            Entry::News(credentials) if is_usable(&credentials, &clock.now(), &self.limits) => {
                self.learn_header_key(&credentials).await;
                StoredState::Usable(credentials)
            }
            Entry::News(credentials) if credentials.refresh_token().is_some() => StoredState::Expired,
            Entry::News(_) | Entry::Known | Entry::Gone => StoredState::Missing,
        }
    }

    /// What the flow is told, for something that somebody waits for or not. `earlier` says what became of an earlier login,
    /// where nobody is to be asked because of that.
    pub(super) async fn context(&self, attended: bool, earlier: Option<&str>) -> Result<FlowContext, AuthError> {
        let context = FlowContext::new(
            Arc::clone(&self.endpoint),
            self.details().await?,
            self.http_proxy.clone(),
            self.verify.clone(),
            self.allow_plaintext,
        )
        .with_interactivity(self.interactivity.for_refresh(attended, earlier))
        .with_limits(Arc::clone(&self.limits));
        #[cfg(feature = "oauth")]
        let context = context.with_provider(self.provider.clone());
        Ok(context)
    }

    /// How long a refresh takes at most, if anything runs it: the wait for the lock, a refresh that is refused, a full
    /// login, and a store that is asked before and after.
    pub(super) fn longest_refresh(&self) -> Duration {
        let login = self.flow.as_ref().map_or(limits::MACHINE_LOGIN_TIMEOUT, |flow| self.login_timeout(&**flow));
        let store = || login.saturating_add(self.limits.store_timeout.saturating_mul(2));
        let stored = self.store.as_ref().map_or(Duration::ZERO, |_| store());
        login.saturating_mul(2).saturating_add(stored).saturating_add(self.limits.refresh_margin)
    }

    pub(super) fn login_timeout(&self, flow: &dyn ErasedFlow) -> Duration {
        self.limits.login_timeout.unwrap_or_else(|| flow.timeout())
    }

    /// Makes sure that it is known which header these credentials go into. Where that fails the default is tried.
    pub(super) async fn learn_header_key(&self, credentials: &Credentials) {
        if self.header_key.is_none() && credentials.header_key().is_none() {
            match timeout(self.limits.discovery_timeout, self.details()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::debug!(%error, "the header of stored credentials is not known"),
                Err(_) => tracing::debug!("the header of stored credentials is not known: discovery does not end"),
            }
        }
    }

    /// The credentials with the header that they go into, so that whoever loads them need not ask the server.
    pub(super) fn with_header_key(&self, credentials: &Credentials) -> Credentials {
        if self.header_key.is_some() {
            return credentials.clone();
        }
        let key = Some(self.header_key(credentials)).filter(|key| !key.is_empty());
        credentials.clone().with_header_key(key.unwrap_or(http::header::AUTHORIZATION.as_str()))
    }

    /// The header that credentials go into: configured, else their own, else the server's, else the default.
    pub(in crate::session) fn header_key<'a>(&'a self, credentials: &'a Credentials) -> &'a str {
        let published = || self.details.get().and_then(|details| details.header_key());
        self.header_key.as_deref().or(credentials.header_key()).or_else(published).unwrap_or_default()
    }

    /// Asks once; only a success is kept. That a server wants no credentials is true for the moment: the service that
    /// would say more may be missing while the server starts.
    pub(super) async fn details(&self) -> Result<Arc<ServerDetails>, AuthError> {
        let Some(discovery) = &self.discovery else { return Ok(Arc::default()) };
        let ask = || async {
            match discovery.discover().await {
                Ok(details) if details.wants_no_credentials() => Err(Ok(Arc::new(details))),
                outcome => outcome.map(Arc::new).map_err(Err),
            }
        };
        self.details.get_or_try_init(ask).await.cloned().or_else(|not_kept| not_kept)
    }

    /// Whether the server says that it wants no credentials at all. Where it cannot be asked it may want some.
    pub(super) async fn server_wants_no_credentials(&self) -> bool {
        let asked = timeout(self.limits.discovery_timeout, self.details()).await;
        matches!(asked, Ok(Ok(details)) if details.wants_no_credentials())
    }
}

impl std::fmt::Debug for CredentialSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialSource").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

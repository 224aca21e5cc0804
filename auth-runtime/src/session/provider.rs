//! Where a session gets credentials from: the store, discovery, the flow.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;
use tracing::Instrument as _;

use super::{
    clock::Clock,
    stored::{Stored, is_usable},
    sync::{now, spawn, timeout},
};
#[cfg(feature = "oauth")]
use crate::net::header_source::HeaderSource;
use crate::{
    AuthError, Credentials, FlowContext, ServerDetails, Verify, discovery::ErasedDiscovery, flow::ErasedFlow, limits,
    limits::Limits, prompt::Interactivity, store::StoreLock,
};

/// All that a login needs and that does not change during a session.
pub(crate) struct Provider {
    pub(crate) endpoint: Arc<str>,
    pub(crate) flow: Option<Box<dyn ErasedFlow>>,
    /// Where the flow's credentials are kept, if they are.
    pub(crate) stored: Option<Arc<Stored>>,
    /// A refresh token that the provider has rejected: it is not sent again.
    pub(crate) spent: Mutex<Option<SecretString>>,
    pub(crate) discovery: Option<Box<dyn ErasedDiscovery>>,
    pub(crate) details: OnceCell<Arc<ServerDetails>>,
    /// The key that was configured: it wins over every other.
    pub(crate) header_key: Option<String>,
    pub(crate) http_proxy: Option<Arc<str>>,
    pub(crate) verify: Verify,
    pub(crate) allow_plaintext: bool,
    pub(crate) interactivity: Interactivity,
    pub(crate) limits: Arc<Limits>,
    /// For a proxy before the identity provider.
    #[cfg(feature = "oauth")]
    pub(crate) proxy_credentials: Option<Arc<dyn HeaderSource>>,
}

/// What is stored when a session begins.
pub(super) enum Found {
    /// Credentials that can be used without asking the provider.
    Usable(Credentials),
    /// Credentials whose access token is over; they can be refreshed.
    Expired,
    /// None.
    Nothing,
}

/// Credentials that a refresh brought.
pub(super) struct Brought {
    pub(super) credentials: Credentials,
    /// Another program had got them already.
    pub(super) from_store: bool,
}

impl Provider {
    pub(super) fn has_store(&self) -> bool {
        self.stored.is_some()
    }

    /// Looks into the store; asks the provider nothing.
    pub(super) async fn load(&self, clock: &Clock) -> Found {
        let Some(stored) = &self.stored else { return Found::Nothing };
        match stored.news(None).await {
            Some(credentials) if is_usable(&credentials, &clock.now(), &self.limits) => {
                self.learn_header_key(&credentials).await;
                Found::Usable(credentials)
            }
            Some(credentials) if credentials.refresh_token().is_some() => Found::Expired,
            _ => Found::Nothing,
        }
    }

    /// How long a flight takes at most, if anything runs it: the wait for the lock, a refresh that is refused, a full
    /// login, and a store that is asked before and after.
    pub(super) fn longest_login(&self) -> Duration {
        let login = self.flow.as_ref().map_or(limits::MACHINE_LOGIN_TIMEOUT, |flow| self.time_out(&**flow));
        let store = || login.saturating_add(self.limits.store_timeout.saturating_mul(2));
        let stored = self.stored.as_ref().map_or(Duration::ZERO, |_| store());
        login.saturating_mul(2).saturating_add(stored).saturating_add(self.limits.flight_margin)
    }

    fn time_out(&self, flow: &dyn ErasedFlow) -> Duration {
        self.limits.login_timeout.unwrap_or_else(|| flow.timeout())
    }

    /// One login or refresh. Where a refresh token is refused, the full login follows, once.
    pub(super) async fn refresh(&self, previous: Option<&Credentials>, clock: &Clock) -> Result<Brought, AuthError> {
        let flow = &**self.flow.as_ref().ok_or(AuthError::no_flow())?;
        self.interactivity.begin();
        let mut unspent = self.unspent(previous);
        if let Some(stored) = &self.stored {
            // Whoever holds the lock may be waiting for a person, for as long as the flow allows.
            if let Some(lock) = stored.lock(self.time_out(flow)).await? {
                return self.refresh_in_turn(flow, stored, lock, previous, clock).await;
            }
            // What could not be locked is not this program's to rotate: whoever else reads it would be left with a
            // refresh token that is worth nothing.
            unspent = unspent.filter(|previous| !stored.holds_refresh_token_of(previous));
        }
        let credentials = match self.ask(flow, unspent).await {
            Err(error) if self.spends(unspent, &error) => self.ask(flow, None).await?,
            outcome => outcome?,
        };
        Ok(Brought { credentials, from_store: false })
    }

    /// A refresh by the only program that refreshes these credentials now, unless another has done so before.
    async fn refresh_in_turn(
        &self,
        flow: &dyn ErasedFlow,
        stored: &Arc<Stored>,
        lock: StoreLock,
        previous: Option<&Credentials>,
        clock: &Clock,
    ) -> Result<Brought, AuthError> {
        let mut base = previous.cloned();
        let mut news = stored.news(previous).await;
        let issued = loop {
            if let Some(news) = news {
                if is_usable(&news, &clock.now(), &self.limits) {
                    self.learn_header_key(&news).await;
                    return Ok(Brought { credentials: news, from_store: true });
                }
                base = Some(news);
            }
            let unspent = self.unspent(base.as_ref());
            match self.ask(flow, unspent).await {
                Err(error) if self.spends(unspent, &error) => {}
                outcome => break outcome?,
            }
            // A program that takes no turns, such as flytekit, may have been quicker.
            news = stored.news(base.as_ref()).await;
            if news.is_none()
                && let Some(rejected) = &base
            {
                stored.delete(rejected).await;
                // A keyring may hold the login of another program, behind the one that was deleted.
                news = stored.news(base.as_ref()).await;
            }
            if news.is_none() {
                break self.ask(flow, None).await?;
            }
        };
        // Before anybody uses them: from now on the refresh token that is stored may be worth nothing.
        // On a task of its own, which ends what it began though nobody wants the credentials any more.
        let (stored, storable, now) = (Arc::clone(stored), self.with_header_key(&issued), clock.now());
        let saved = async move {
            stored.save(&storable, &now).await;
            drop(lock);
        };
        if spawn(saved.in_current_span()).await.is_err_and(|error| error.is_panic()) {
            tracing::warn!("credentials cannot be stored: the store panicked");
        }
        Ok(Brought { credentials: issued, from_store: false })
    }

    /// Asks the flow once, bounded in time.
    async fn ask(&self, flow: &dyn ErasedFlow, previous: Option<&Credentials>) -> Result<Credentials, AuthError> {
        let attempt = async {
            let context = FlowContext::new(
                Arc::clone(&self.endpoint),
                self.details().await?,
                self.http_proxy.clone(),
                self.verify.clone(),
                self.allow_plaintext,
            )
            .with_interactivity(self.interactivity.clone())
            .with_limits(Arc::clone(&self.limits));
            #[cfg(feature = "oauth")]
            let context = context.with_proxy_credentials(self.proxy_credentials.clone());
            let asked_at = now();
            flow.refresh_credentials(&context, previous).await.map(|issued| issued.requested_at(asked_at))
        };
        let bound = self.time_out(flow);
        match timeout(bound, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(AuthError::timed_out("the login", bound)),
        }
    }

    /// The credentials, unless their refresh token has been rejected: without them a flow logs in anew.
    fn unspent<'a>(&self, credentials: Option<&'a Credentials>) -> Option<&'a Credentials> {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        credentials.filter(|credentials| {
            let token = credentials.refresh_token().map(ExposeSecret::expose_secret);
            token.is_none() || token != spent.as_ref().map(ExposeSecret::expose_secret)
        })
    }

    /// Whether this error means that the refresh token which was sent is worth nothing (RFC 6749 section 5.2). It is
    /// remembered then: a provider may take a second use for theft.
    fn spends(&self, sent: Option<&Credentials>, error: &AuthError) -> bool {
        let Some(token) = sent.and_then(Credentials::refresh_token) else { return false };
        let rejected = error.oauth_error() == Some("invalid_grant");
        if rejected {
            tracing::info!(%error, "the refresh token is worth nothing any more");
            *self.spent.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        }
        rejected
    }

    /// Makes sure that it is known which header these credentials go into. Where that fails the default is tried.
    async fn learn_header_key(&self, credentials: &Credentials) {
        if self.header_key.is_none() && credentials.header_key().is_none() {
            match timeout(self.limits.discovery_timeout, self.details()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::debug!(%error, "the header of stored credentials is not known"),
                Err(_) => tracing::debug!("the header of stored credentials is not known: discovery does not end"),
            }
        }
    }

    /// The credentials with the header that they go into, so that whoever loads them need not ask the server.
    fn with_header_key(&self, credentials: &Credentials) -> Credentials {
        if self.header_key.is_some() {
            return credentials.clone();
        }
        let key = Some(self.header_key(credentials)).filter(|key| !key.is_empty());
        credentials.clone().with_header_key(key.unwrap_or(http::header::AUTHORIZATION.as_str()))
    }

    /// Asks once; only a success is kept. That a server wants no credentials is true for the moment: the service that
    /// would say more may be missing while the server starts.
    async fn details(&self) -> Result<Arc<ServerDetails>, AuthError> {
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

    pub(super) fn has_flow(&self) -> bool {
        self.flow.is_some()
    }

    /// The header that credentials go into: configured, else their own, else the server's, else the default.
    pub(crate) fn header_key<'a>(&'a self, credentials: &'a Credentials) -> &'a str {
        let published = || self.details.get().and_then(|details| details.header_key());
        self.header_key.as_deref().or(credentials.header_key()).or_else(published).unwrap_or_default()
    }
}

impl Provider {
    /// Deletes what is stored. Whether there was something.
    pub(crate) async fn forget_stored(&self) -> Result<bool, AuthError> {
        match &self.stored {
            Some(stored) => stored.forget().await,
            None => Ok(false),
        }
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

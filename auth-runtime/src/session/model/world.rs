//! A provider and a server that know what each token may still be used for, and when a new one is due.

use std::{
    borrow::Cow,
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use super::{pause, time};
use crate::{AuthError, Authenticator, AuthenticatorBuilder, Credentials, Flow, FlowContext, limits};

/// The name of the flow, as stores know it.
pub(super) const FLOW: &str = "checked";

/// What the provider does when it is asked once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProviderResponse {
    NewToken,
    SameToken,
    Busy,
    No,
    Never,
}

/// Clones are the same world.
#[derive(Clone)]
pub(super) struct World {
    // Not the checker's, so that what is checked goes on as if nobody looked.
    model: Arc<Mutex<Model>>,
}

#[derive(Default)]
struct Model {
    tokens: Vec<Token>,
    /// Those to come; new tokens after them.
    responses: VecDeque<ProviderResponse>,
    lifetime: Option<Duration>,
    /// Somebody wants new credentials whatever there is.
    forced: bool,
    failed_at: Option<Instant>,
    asked: usize,
    anonymous_calls: usize,
    running: usize,
    /// The provider has issued the same token again.
    repeats_itself: bool,
    /// A login may be given up, and another take its place.
    gives_up: bool,
}

struct Token {
    issued_at: Instant,
    revoked: bool,
    rejected: bool,
}

impl World {
    pub(super) fn new(responses: &[ProviderResponse]) -> Self {
        let model = Model { responses: responses.iter().copied().collect(), ..Model::default() };
        Self { model: Arc::new(Mutex::new(model)) }
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap()
    }

    pub(super) fn builder(&self) -> AuthenticatorBuilder {
        Authenticator::builder("http://localhost:1").flow(self.clone()).wall_clock(time::wall)
    }

    /// An authenticator whose first token is still good.
    pub(super) fn authenticator(&self) -> Authenticator {
        self.builder().credentials(self.issue()).build().unwrap()
    }

    /// A token that the provider has issued.
    pub(super) fn issue(&self) -> Credentials {
        self.model().issue()
    }

    pub(super) fn tokens_live(&self, lifetime: Duration) {
        self.model().lifetime = Some(lifetime);
    }

    /// No token that was issued so far is any good from now on.
    pub(super) fn revoke(&self) {
        self.model().tokens.iter_mut().for_each(|token| token.revoked = true);
    }

    /// A new token may be asked for although nothing is wrong with the current one.
    pub(super) fn force(&self) {
        self.model().forced = true;
    }

    /// The login under way may be given up from now on.
    pub(super) fn may_give_up(&self) {
        self.model().gives_up = true;
    }

    /// How often the provider was asked.
    pub(super) fn asked(&self) -> usize {
        self.model().asked
    }

    /// How many calls came without a token.
    pub(super) fn anonymous_calls(&self) -> usize {
        self.model().anonymous_calls
    }

    pub(super) fn repeats_itself(&self) -> bool {
        self.model().repeats_itself
    }

    /// A call arrives at the server, which wants credentials. Whether it is let in.
    pub(super) fn admits(&self, credentials: Option<&Credentials>) -> bool {
        let mut model = self.model();
        let Some(credentials) = credentials else {
            model.anonymous_calls += 1;
            return false;
        };
        let index = index(credentials);
        let lifetime = model.lifetime;
        let token = &mut model.tokens[index];
        let over = lifetime.is_some_and(|lifetime| time::now() >= token.issued_at + lifetime);
        assert!(!over, "token {index} was sent after its expiry");
        token.rejected |= token.revoked;
        !token.revoked
    }
}

fn index(credentials: &Credentials) -> usize {
    credentials.access_token().expose_secret().parse().unwrap()
}

impl Model {
    fn issue(&mut self) -> Credentials {
        self.tokens.push(Token { issued_at: time::now(), revoked: false, rejected: false });
        self.newest().unwrap()
    }

    fn newest(&self) -> Option<Credentials> {
        let credentials = Credentials::new(self.tokens.len().checked_sub(1)?.to_string()).with_refresh_token("refresh");
        Some(match self.lifetime {
            Some(lifetime) => credentials.with_expires_in(lifetime),
            None => credentials,
        })
    }

    /// Whether somebody has a reason to ask for a token.
    fn due(&self) -> bool {
        let Some(newest) = self.tokens.last() else { return true };
        let aged = self
            .lifetime
            .is_some_and(|lifetime| time::now() >= newest.issued_at + lifetime.saturating_sub(limits::REFRESH_WINDOW));
        newest.rejected || aged
    }

    fn asked(&mut self, previous: Option<&Credentials>) {
        self.asked += 1;
        self.running += 1;
        assert!(self.running == 1 || self.gives_up, "two logins are under way");
        // The token of a login that was given up is lost.
        if !self.gives_up {
            let newest = self.tokens.len().checked_sub(1);
            assert_eq!(previous.map(index), newest, "a token is replaced that is not the newest");
            let due = self.due() || std::mem::take(&mut self.forced);
            assert!(due, "a token is replaced that nobody has rejected");
        }
        let pause = limits::BACKOFF_FIRST.mul_f64(1.0 - limits::BACKOFF_JITTER);
        let paused = self.failed_at.is_none_or(|failed_at| time::now() >= failed_at + pause);
        assert!(paused, "the provider is asked again at once after a failure");
    }
}

/// A login under way.
struct Running<'a>(&'a World);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.model().running -= 1;
    }
}

impl Flow for World {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        self.model().asked(previous);
        let running = Running(self);
        pause().await;
        let response = self.model().responses.pop_front().unwrap_or(ProviderResponse::NewToken);
        if response == ProviderResponse::Never {
            pending::<()>().await;
        }
        drop(running);
        let mut model = self.model();
        model.failed_at = matches!(response, ProviderResponse::Busy | ProviderResponse::No).then(time::now);
        match response {
            ProviderResponse::NewToken => Ok(model.issue()),
            ProviderResponse::SameToken => {
                model.repeats_itself = true;
                Ok(model.newest().unwrap())
            }
            ProviderResponse::Busy => Err(AuthError::transient("the provider is busy")),
            ProviderResponse::No | ProviderResponse::Never => Err(AuthError::permanent("the provider says no")),
        }
    }

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(FLOW)
    }

    fn persistent(&self) -> bool {
        true
    }
}

//! A model of a session, seen from outside: a provider and a server that know what each token may still be used for,
//! and write down whatever should not have happened.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use auth_runtime::{AuthError, Authenticator, Credentials, Flow, FlowContext};
use http::{HeaderMap, Response};
use secrecy::ExposeSecret as _;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    call::numbered,
    mock_body::MockBody,
    peer::bearer,
    transport::{self, LocalTransport},
};

// What is promised of a session, in numbers.
const REFRESH_WINDOW: Duration = Duration::from_secs(240);
const REFRESH_WINDOW_LIFETIME_DIVISOR: u32 = 2;
const BREAKER_REFRESHES: u32 = 3;
const EARLY_REJECTIONS: u32 = 5;
const EARLY_REJECTION: Duration = Duration::from_secs(10);
const EARLY_REJECTION_LIFETIME_DIVISOR: u32 = 4;
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_FACTOR: f64 = 1.6;
const BACKOFF_JITTER: f64 = 0.2;
const BACKOFF_MAX: Duration = Duration::from_secs(120);

/// How the provider answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// With a new token.
    Good,
    /// With a failure that may pass.
    Transient,
    /// With a failure that does not pass.
    Permanent,
}

/// The provider and the server of one session. Clones are the same.
#[derive(Debug, Clone)]
pub struct World {
    model: Arc<Mutex<Model>>,
    held: watch::Sender<bool>,
}

#[derive(Debug)]
struct Model {
    health: Health,
    lifetime: Option<Duration>,
    tokens: Vec<Token>,
    running: usize,
    logins: usize,
    /// Failures in a row, and when the last was.
    failures: (i32, Option<Instant>),
    /// Callers who ask for new credentials, whatever there is.
    forced: usize,
    /// Whether anything has failed that a call may fail with.
    troubles: bool,
    /// Replays that were rejected too.
    in_vain: u32,
    /// Tokens that were rejected soon after they were issued.
    early: u32,
    anonymous_rejected: bool,
    sent: HashMap<String, Vec<Option<String>>>,
    violations: Vec<String>,
}

#[derive(Debug)]
struct Token {
    value: String,
    asked_at: Instant,
    issued_at: Instant,
    lifetime: Option<Duration>,
    arrived_late: bool,
    revoked: bool,
    /// The server has said no to it.
    rejected: bool,
    /// The session has heard that.
    known_rejected: bool,
}

impl Token {
    fn over(&self) -> bool {
        self.lifetime.is_some_and(|lifetime| self.asked_at.elapsed() >= lifetime)
    }

    /// Whether a rejection now would show that new tokens do not help.
    fn on_trial(&self) -> bool {
        let part_of_its_life = |lifetime: Duration| EARLY_REJECTION.min(lifetime / EARLY_REJECTION_LIFETIME_DIVISOR);
        self.issued_at.elapsed() < self.lifetime.map_or(EARLY_REJECTION, part_of_its_life)
    }

    /// Whether it may be refreshed without having been rejected.
    fn aged(&self) -> bool {
        self.lifetime.is_some_and(|lifetime| {
            let window = REFRESH_WINDOW.min(lifetime / REFRESH_WINDOW_LIFETIME_DIVISOR);
            self.asked_at.elapsed() >= lifetime - window
        })
    }
}

impl World {
    /// A provider in good health whose tokens last until they are revoked.
    pub fn new() -> Self {
        let model = Model {
            health: Health::Good,
            lifetime: None,
            tokens: Vec::new(),
            running: 0,
            logins: 0,
            failures: (0, None),
            forced: 0,
            troubles: false,
            in_vain: 0,
            early: 0,
            anonymous_rejected: false,
            sent: HashMap::new(),
            violations: Vec::new(),
        };
        Self { model: Arc::new(Mutex::new(model)), held: watch::Sender::new(false) }
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the provider answers from now on.
    pub fn provider(&self, health: Health) {
        self.model().health = health;
    }

    /// How long tokens last that are issued from now on.
    pub fn tokens_live(&self, lifetime: Option<Duration>) {
        self.model().lifetime = lifetime;
    }

    /// Whether the provider keeps whoever asks waiting.
    pub fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Revokes all tokens.
    pub fn revoke(&self) {
        self.model().tokens.iter_mut().for_each(|token| token.revoked = true);
    }

    /// A new token.
    pub fn issue(&self) -> Credentials {
        self.model().issue(Instant::now())
    }

    /// Refreshes what there is, due or not.
    pub async fn force(&self, authenticator: Authenticator) -> Result<Credentials, AuthError> {
        self.model().forced += 1;
        let refreshed = authenticator.refresh_credentials().await;
        self.model().forced -= 1;
        refreshed
    }

    /// What should not have happened.
    pub fn violations(&self) -> Vec<String> {
        self.model().violations.clone()
    }

    /// How often the provider was asked.
    pub fn logins(&self) -> usize {
        self.model().logins
    }

    /// How often this call was sent.
    pub fn sent(&self, call: &str) -> usize {
        self.model().sent.get(call).map_or(0, Vec::len)
    }

    /// Whether a call may have failed because of the provider, or because new tokens did not help before.
    pub fn may_fail(&self) -> bool {
        let model = self.model();
        model.troubles || model.new_tokens_do_not_help()
    }

    /// The server. Each request says in `call` which call it belongs to; `answer-after` is how many milliseconds an
    /// answer takes, and `late` asks for rejections behind headers.
    pub fn server(&self) -> LocalTransport {
        let world = self.clone();
        LocalTransport::new(move |request| {
            let world = world.clone();
            async move { world.answer(request.into_parts().0.headers).await }
        })
    }

    async fn answer(&self, headers: HeaderMap) -> Response<MockBody> {
        let header = |key| headers.get(key).map(|value| value.to_str().unwrap().to_owned());
        let token = bearer(&headers, "authorization");
        let call = header("call").unwrap();
        let admitted = self.model().arrived(&call, token.clone(), header("grpc-previous-rpc-attempts"));
        let answer_after = header("answer-after").unwrap().parse().unwrap();
        if answer_after > 0 {
            sleep(Duration::from_millis(answer_after)).await;
        }
        if admitted {
            return transport::message(&numbered(2));
        }
        if header("late").is_some() {
            return transport::rejected_late();
        }
        // From here on the session knows: it reads this answer in the same poll.
        self.model().known_rejected(&call, token.as_deref());
        transport::rejected()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Model {
    fn issue(&mut self, asked_at: Instant) -> Credentials {
        let value = format!("token-{}", self.tokens.len());
        let lifetime = self.lifetime;
        let arrived_late = lifetime.is_some_and(|lifetime| asked_at.elapsed() >= lifetime);
        // Calls fail for a while where tokens are over before they come.
        self.troubles |= arrived_late;
        let (revoked, rejected, known_rejected) = (false, false, false);
        let issued_at = Instant::now();
        self.tokens.push(Token {
            value: value.clone(),
            asked_at,
            issued_at,
            lifetime,
            arrived_late,
            revoked,
            rejected,
            known_rejected,
        });
        let credentials = Credentials::new(value);
        match lifetime {
            Some(lifetime) => credentials.with_expires_in(lifetime),
            None => credentials,
        }
    }

    fn new_tokens_do_not_help(&self) -> bool {
        self.in_vain >= BREAKER_REFRESHES || self.early >= EARLY_REJECTIONS
    }

    fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.violations.push(otherwise());
        }
    }

    /// A call is sent. Whether it is let in.
    fn arrived(&mut self, call: &str, token: Option<String>, previous_attempts: Option<String>) -> bool {
        let sent = self.sent.entry(call.to_owned()).or_default();
        sent.push(token.clone());
        let sent = sent.clone();
        self.expect(sent.len() <= 2, || format!("call {call} was sent more than twice"));
        self.expect((sent.len() == 2) == (previous_attempts.as_deref() == Some("1")), || {
            format!("attempt {} of call {call} says that there were {previous_attempts:?} before", sent.len())
        });
        self.expect(sent.len() < 2 || sent[0] != sent[1], || format!("call {call} was sent twice with one token"));
        let Some(value) = token else {
            self.expect(!self.anonymous_rejected, || {
                format!("call {call} went out anonymous though that was rejected before")
            });
            self.expect(self.running == 0, || format!("call {call} went out anonymous while a login was in flight"));
            self.expect(self.tokens.is_empty(), || format!("call {call} went out anonymous though there is a token"));
            return false;
        };
        let Some(index) = self.tokens.iter().position(|token| token.value == value) else {
            self.violations.push(format!("nobody issued {value}"));
            return false;
        };
        let newest = index + 1 == self.tokens.len();
        let token = &mut self.tokens[index];
        let admitted = !token.revoked && !token.over();
        let early = !admitted && !token.rejected && token.on_trial();
        token.rejected |= !admitted;
        let (known, over) = (token.known_rejected, token.over() && !token.arrived_late);
        // All that waited for a token try it, whatever the first of them heard. Where new tokens have not helped, a
        // rejection is taken as it is, and the newest token tried again.
        let waited_for = token.issued_at.elapsed().is_zero();
        self.early += u32::from(early);
        let may_try_again = newest && (waited_for || self.new_tokens_do_not_help());
        self.expect(!known || may_try_again, || format!("{value} was sent again, by call {call}"));
        self.expect(!over, || format!("{value} was sent after its end, by call {call}"));
        if !admitted && sent.len() == 2 {
            self.in_vain += 1;
        }
        admitted
    }

    fn known_rejected(&mut self, call: &str, token: Option<&str>) {
        if self.sent[call].len() > 1 {
            // The answer to a replay is final, and says nothing more about its token than that it did not help.
            return;
        }
        match token {
            None => self.anonymous_rejected = true,
            Some(value) => {
                self.tokens.iter_mut().filter(|token| token.value == value).for_each(|token| {
                    token.known_rejected = true;
                });
            }
        }
    }

    /// The provider is asked to replace a token.
    fn asked(&mut self, previous: Option<&str>) {
        self.running += 1;
        self.logins += 1;
        self.expect(self.running == 1, || "two logins are in flight".to_owned());
        let newest = self.tokens.last();
        let replaces_newest = newest.map(|token| token.value.as_str()) == previous;
        let due = self.forced > 0 || newest.is_none_or(|token| token.rejected || token.aged());
        self.expect(replaces_newest, || format!("a login replaces {previous:?}, which is not the newest token"));
        self.expect(due, || format!("{previous:?} is replaced, and was neither rejected nor about to end"));
        if let (failures @ 1.., Some(last)) = self.failures {
            let factor = BACKOFF_FACTOR.powi(failures - 1);
            let pause = BACKOFF_FIRST.mul_f64(factor * (1.0 - BACKOFF_JITTER));
            let pause = pause.min(BACKOFF_MAX.mul_f64(1.0 - BACKOFF_JITTER));
            // The timer's resolution is a millisecond.
            let paused = self.forced > 0 || last.elapsed() + Duration::from_millis(1) >= pause;
            self.expect(paused, || format!("asked again {:?} after failure {failures}", last.elapsed()));
        }
    }
}

/// A login in flight. One that is given up has failed, as far as the session is concerned.
struct Asked<'a>(&'a World, bool);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let mut model = self.0.model();
        model.running -= 1;
        if self.1 {
            model.failures = (0, None);
        } else {
            model.failures = (model.failures.0 + 1, Some(Instant::now()));
            model.troubles = true;
        }
    }
}

impl Flow for World {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        let asked_at = Instant::now();
        self.model().asked(previous.map(|previous| previous.access_token().expose_secret()));
        let mut asked = Asked(self, false);
        // The sender is this world's own, so that it cannot be gone.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
        let mut model = self.model();
        match model.health {
            Health::Good => {
                asked.1 = true;
                let credentials = model.issue(asked_at);
                drop(model);
                Ok(credentials)
            }
            Health::Transient => {
                drop(model);
                Err(AuthError::transient("the provider is busy"))
            }
            Health::Permanent => {
                drop(model);
                Err(AuthError::permanent("the provider says no"))
            }
        }
    }
}

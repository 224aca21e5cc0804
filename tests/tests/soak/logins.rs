//! Each login of the session, with what explains it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use auth_runtime::{AuthError, Credentials, Flow, FlowContext, flow::ClientCredentials};
use secrecy::ExposeSecret as _;

use super::tokens::{Invalid, LIFETIME, Tokens};

/// The first pause after a failed login, and the part of it that chance takes away or adds.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_JITTER: f64 = 0.2;

/// A token is refreshed in the last half of its life at the earliest.
const REFRESH_WINDOW_LIFETIME_DIVISOR: u32 = 2;

/// What wall and monotonic clock may differ by within the life of a token, while the former is being corrected.
const CLOCK_TOLERANCE: Duration = Duration::from_millis(10);

/// The client credentials grant, watched.
pub(crate) struct WatchedLogin {
    pub(crate) inner: ClientCredentials,
    pub(crate) logins: Arc<Logins>,
}

impl Flow for WatchedLogin {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        let started = self.logins.begin();
        let outcome = self.inner.refresh_credentials(context, previous).await;
        self.logins.end(started, &outcome);
        outcome
    }
}

/// All logins so far. Login here is any request for a token, the refreshes among them.
pub(crate) struct Logins {
    tokens: Arc<Tokens>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    last: Option<Login>,
    valid: Validity,
    counts: Counts,
    unexplained: Vec<String>,
}

struct Login {
    started: Instant,
    ended: Instant,
    /// What it brought, unless it failed.
    token: Option<String>,
}

impl Login {
    fn came_too_late(&self) -> bool {
        // A token's life counts from the request, so it ends no sooner than this.
        self.token.is_some() && self.started + LIFETIME <= self.ended
    }
}

/// How many there were, by what explains them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    /// There was no token yet.
    pub(crate) first: u64,
    /// The token before was near its end.
    pub(crate) expiries: u64,
    /// The token before had been revoked.
    pub(crate) revocations: u64,
    /// The login before had failed, and the back-off was over.
    pub(crate) retries: u64,
    /// Those of all these that failed.
    pub(crate) failed: u64,
    /// Those that took so long that their token was over when it came.
    pub(crate) dead_on_arrival: u64,
}

impl Counts {
    pub(crate) fn all(&self) -> u64 {
        self.first + self.expiries + self.revocations + self.retries
    }
}

/// During which time there surely was a valid token.
#[derive(Debug, Clone, Copy, Default)]
struct Validity {
    /// Without a gap since then.
    since: Option<Instant>,
    until: Option<Instant>,
}

impl Logins {
    pub(crate) fn new(tokens: Arc<Tokens>) -> Self {
        Self { tokens, seen: Mutex::default() }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.seen.lock().unwrap().counts
    }

    /// What nothing explains, since this was last asked.
    pub(crate) fn take_unexplained(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap().unexplained)
    }

    /// Revokes the latest token. Whether it was still good.
    pub(crate) fn revoke(&self) -> bool {
        let mut seen = self.seen.lock().unwrap();
        seen.valid.until = Some(Instant::now());
        self.tokens.revoke()
    }

    /// Whether the last token was over when it came.
    pub(crate) fn last_came_too_late(&self) -> bool {
        self.seen.lock().unwrap().last.as_ref().is_some_and(Login::came_too_late)
    }

    /// Whether the session had a valid token during all of this time, so that no call may fail for want of one.
    pub(crate) fn covered(&self, from: Instant, to: Instant) -> bool {
        let valid = self.seen.lock().unwrap().valid;
        valid.since.is_some_and(|since| since <= from) && valid.until.is_some_and(|until| to < until)
    }

    fn begin(&self) -> Instant {
        let mut seen = self.seen.lock().unwrap();
        let Seen { last, counts, unexplained, .. } = &mut *seen;
        let now = Instant::now();
        unexplained.extend(match last {
            None => {
                counts.first += 1;
                None
            }
            Some(Login { token: None, ended, .. }) => {
                counts.retries += 1;
                let pause = BACKOFF_FIRST.mul_f64(1.0 - BACKOFF_JITTER);
                let paused = now.duration_since(*ended);
                (paused < pause).then(|| format!("only {paused:?} after a login that failed"))
            }
            Some(Login { token: Some(token), .. })
                if matches!(self.tokens.check(token), Err(Invalid::Revoked { .. })) =>
            {
                counts.revocations += 1;
                None
            }
            Some(Login { started, .. }) => {
                counts.expiries += 1;
                let age = now.duration_since(*started);
                let refreshed_from = LIFETIME - LIFETIME / REFRESH_WINDOW_LIFETIME_DIVISOR - CLOCK_TOLERANCE;
                (age < refreshed_from).then(|| format!("{age:?} after a login whose token was not revoked"))
            }
        });
        now
    }

    fn end(&self, started: Instant, outcome: &Result<Credentials, AuthError>) {
        let mut seen = self.seen.lock().unwrap();
        let ended = Instant::now();
        let token = outcome.as_ref().ok().map(|credentials| credentials.access_token().expose_secret().to_owned());
        let login = Login { started, ended, token };
        seen.counts.dead_on_arrival += u64::from(login.came_too_late());
        match &login.token {
            Some(token) => {
                let until = started + LIFETIME;
                if seen.valid.until.is_none_or(|until| until <= ended) {
                    seen.valid.since = Some(ended);
                }
                let revoked = matches!(self.tokens.check(token), Err(Invalid::Revoked { .. }));
                seen.valid.until = Some(if revoked { ended } else { until });
            }
            None => seen.counts.failed += 1,
        }
        seen.last = Some(login);
    }
}

//! Everything that changes in a session, and every way in which it can change.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Moment,
    backoff::Backoff,
    breaker::RefreshBreaker,
    decision::{Decision, Purpose, Rejection},
    token::{Freshness, Token},
};
use crate::{AuthError, Credentials, limits::Limits};

/// A refresh, as the state knows it. Whoever runs it keeps the task under this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefreshId(u64);

/// What every call reads, without a lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) current: Option<Arc<Token>>,
    /// Generations up to this one were rejected by a server.
    pub(crate) rejected: u64,
    /// Whether a call may go out without credentials to see if the server wants any.
    pub(crate) anonymous_allowed: bool,
    /// Whether the server has taken a call without credentials, and rejected none since.
    pub(crate) anonymous_accepted: bool,
    /// Whether it is known that the server wants credentials.
    pub(crate) credentials_expected: bool,
}

impl Snapshot {
    /// The current credentials, unless a server has rejected them.
    pub(crate) fn usable(&self) -> Option<&Arc<Token>> {
        self.current.as_ref().filter(|token| token.generation > self.rejected)
    }
}

#[derive(Debug)]
pub(crate) struct State {
    snapshot: Snapshot,
    /// Whether the snapshot has changed since it was last published.
    changed: bool,
    generations: u64,
    refreshes: u64,
    running: Option<RefreshId>,
    /// There is a store that nobody has looked into yet.
    unread: bool,
    /// What the next refresh goes on with, where a provider rotated the refresh token and no header can carry the access
    /// token that came with the new one. The old refresh token must not be sent again.
    rotated: Option<Credentials>,
    /// The generation in whose place only a person can get another. 0 stands for none.
    person_needed: Option<u64>,
    backoff: Backoff,
    breaker: RefreshBreaker,
    limits: Arc<Limits>,
    /// Errors that are no longer needed. They may hold a user's values, which nobody drops under a lock.
    discarded: Vec<AuthError>,
}

impl State {
    pub(crate) fn new(login_first: bool, unread: bool, limits: Arc<Limits>) -> Self {
        Self {
            snapshot: Snapshot {
                anonymous_allowed: !login_first && !unread,
                credentials_expected: login_first,
                ..Snapshot::default()
            },
            changed: false,
            generations: 0,
            refreshes: 0,
            running: None,
            unread,
            rotated: None,
            person_needed: None,
            backoff: Backoff::default(),
            breaker: RefreshBreaker::default(),
            limits,
            discarded: Vec::new(),
        }
    }

    /// With credentials that were handed in. They may have expired meanwhile.
    pub(crate) fn with_initial(mut self, token: Token) -> Self {
        self.make_current(token);
        self
    }

    // === Questions ===

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Whether this is the refresh that runs. One that was given up may come to its end all the same.
    pub(crate) fn runs(&self, id: RefreshId) -> bool {
        self.running == Some(id)
    }

    /// What a call is to do now.
    pub(crate) fn decide(&self, now: &Moment) -> Decision {
        let standing_error = self.backoff.standing_error(now.monotonic);
        if let Some(token) = self.snapshot.usable() {
            let token = Arc::clone(token);
            return match (token.freshness(now), self.running, standing_error) {
                (Freshness::Fresh, _, _) => Decision::Attach(token),
                (Freshness::RefreshSoon | Freshness::Stale, None, _) if self.needs_person() => Decision::Attach(token),
                (Freshness::RefreshSoon, None, None) => Decision::AttachAndRefresh(token),
                (Freshness::RefreshSoon, _, _) => Decision::Attach(token),
                (Freshness::Stale | Freshness::Expired, Some(_), _) => Decision::Join,
                // A provider that fails does not take away what is still valid.
                (Freshness::Stale, None, Some(_)) => Decision::Attach(token),
                (Freshness::Expired, None, Some(error)) => Decision::Fail(error.clone()),
                (Freshness::Stale, None, None) => Decision::Begin(Purpose::RefreshUnattended),
                (Freshness::Expired, None, None) => Decision::Begin(Purpose::Refresh),
            };
        }
        match (self.running, standing_error) {
            (Some(_), _) => Decision::Join,
            (None, _) if self.unread => Decision::Begin(Purpose::LoadStored),
            (None, _) if self.anonymous_possible() => Decision::Anonymous,
            (None, Some(error)) => Decision::Fail(error.clone()),
            (None, None) => Decision::Begin(Purpose::Refresh),
        }
    }

    /// The same for a call that cannot be sent again: it goes without credentials only where that is known to be
    /// enough.
    pub(crate) fn decide_for_one_attempt(&self, now: &Moment) -> Decision {
        match (self.decide(now), self.backoff.standing_error(now.monotonic)) {
            (Decision::Anonymous, _) if self.snapshot.anonymous_accepted => Decision::Anonymous,
            (Decision::Anonymous, Some(error)) => Decision::Fail(error.clone()),
            (Decision::Anonymous, None) => Decision::Begin(Purpose::RefreshUnlessUnwanted),
            (decision, _) => decision,
        }
    }

    /// The same for somebody who logs in by hand, which no earlier failure keeps from another attempt.
    pub(crate) fn decide_on_login(&self, now: &Moment) -> Decision {
        let stale = self.needs_person() && self.snapshot.usable().is_some_and(|token| token.is_stale(now));
        match (self.decide(now), self.running) {
            (Decision::Attach(token) | Decision::AttachAndRefresh(token), _) if !stale => Decision::Attach(token),
            (_, Some(_)) => Decision::Join,
            (_, None) => Decision::Begin(Purpose::LogIn),
        }
    }

    /// Whether only a person can get other credentials than the current ones.
    pub(crate) fn needs_person(&self) -> bool {
        self.person_needed.is_some_and(|generation| generation == self.current_generation())
    }

    /// What is left to a call that waited for a refresh which failed: credentials that are still valid, if there are.
    pub(crate) fn still_valid(&self, now: &Moment) -> Option<Arc<Token>> {
        self.snapshot.usable().filter(|token| token.freshness(now) != Freshness::Expired).cloned()
    }

    /// When a call that was told of a failure may decide again, if that is worth it.
    pub(crate) fn again_at(&self, now: &Moment) -> Option<Instant> {
        self.backoff.again_at(now.monotonic)
    }

    // === What calls report ===

    /// A server rejected the credentials of this generation; 0 stands for a call without any.
    pub(crate) fn rejected(&mut self, generation: u64, method: Option<&str>, now: &Moment, jitter: f64) -> Rejection {
        if let Some(newer) = self.snapshot.usable()
            && newer.generation > generation
            && newer.freshness(now) != Freshness::Expired
        {
            return Rejection::Replay(Arc::clone(newer));
        }
        self.judge_age(generation, method, now.monotonic, jitter);
        if self.breaker.stands(method, now.monotonic) {
            return Rejection::Stands;
        }
        self.mark_rejected(generation);
        match (self.running, self.backoff.standing_error(now.monotonic)) {
            (Some(_), _) => Rejection::Join,
            (None, Some(error)) => Rejection::Fail(error.clone()),
            (None, None) => Rejection::Begin,
        }
    }

    /// The response to a replay with credentials of this generation is known.
    pub(crate) fn replayed(&mut self, generation: u64, method: &str, rejected: bool, now: &Moment, jitter: f64) {
        if rejected {
            self.breaker.replay_rejected(method, generation, now.monotonic, &self.limits, jitter);
        } else {
            self.breaker.replay_accepted(method);
        }
    }

    /// The server accepted a call without credentials.
    pub(crate) fn anonymous_accepted(&mut self) {
        if !self.snapshot.credentials_expected {
            self.change().anonymous_accepted = true;
        }
    }

    // === The life of a refresh ===

    /// A refresh begins. Returns the credentials that it replaces.
    pub(crate) fn begin_refresh(&mut self) -> (RefreshId, Option<Credentials>) {
        self.refreshes += 1;
        let id = RefreshId(self.refreshes);
        self.running = Some(id);
        self.unread = false;
        self.change().anonymous_allowed = false;
        let current = || self.snapshot.current.as_ref().map(|token| token.credentials.clone());
        (id, self.rotated.clone().or_else(current))
    }

    /// The refresh returned this token.
    ///
    /// Returns it with its generation. The same token as before keeps its generation: it is not new.
    pub(crate) fn install(&mut self, mut token: Token, now: &Moment, jitter: f64) -> Arc<Token> {
        self.running = None;
        self.rotated = None;
        if let Some(current) = self.snapshot.current.clone()
            && current.credentials.same_access_token(&token.credentials)
        {
            token.in_place_of(&current);
            if token.generation <= self.snapshot.rejected {
                // There is no better token. The next call asks the server again rather than the provider.
                self.change().rejected = token.generation.saturating_sub(1);
                self.breaker.same_token(now.monotonic, &self.limits, jitter);
            }
            self.put(token, now, jitter)
        } else {
            self.judge_service(now.monotonic);
            self.generations += 1;
            token.generation = self.generations;
            self.put(token, now, jitter)
        }
    }

    /// The refresh ended without a token. `asked` says whether a person took part; `rotated` is what the next refresh
    /// goes on with instead of the current credentials.
    pub(crate) fn fail(
        &mut self,
        error: AuthError,
        asked: bool,
        rotated: Option<Credentials>,
        now: &Moment,
        jitter: f64,
    ) {
        self.abandon();
        self.rotated = rotated.or(self.rotated.take());
        self.discarded.extend(self.backoff.failed(error, asked, now.monotonic, &self.limits, jitter));
    }

    /// The refresh ended without a token, and without a failure: nothing is stored, the server wants no credentials, or
    /// the runtime is gone. Nobody has to be left alone for a while.
    pub(crate) fn abandon(&mut self) {
        self.running = None;
        self.change().anonymous_allowed = self.anonymous_possible();
    }

    /// The refresh that ran for nobody ended because it would have taken a person. A call that waits begins another.
    pub(crate) fn person_needed(&mut self) {
        self.abandon();
        self.person_needed = Some(self.current_generation());
    }

    /// Somebody logged in to this server before, so it wants credentials.
    pub(crate) fn expect_credentials(&mut self) {
        self.change().credentials_expected = true;
        self.change().anonymous_accepted = false;
    }

    /// The session has no credentials any more, and gets none from the refresh that runs. Returns those that it had.
    pub(crate) fn log_out(&mut self) -> Option<Credentials> {
        let current = self.snapshot.current.as_ref().map(|token| token.credentials.clone());
        let held = self.rotated.take().or(current);
        self.running = None;
        self.person_needed = None;
        // What is stored is about to be deleted.
        self.unread = false;
        self.discarded.extend(self.backoff.succeeded());
        self.breaker = RefreshBreaker::default();
        let rejected = self.generations;
        let snapshot = self.change();
        snapshot.current = None;
        // A call that was sent before says nothing about the next login.
        snapshot.rejected = rejected;
        snapshot.credentials_expected |= held.is_some();
        snapshot.anonymous_allowed = !snapshot.credentials_expected;
        held
    }

    // === For those who hold the lock ===

    /// The snapshot, if calls see another one.
    pub(crate) fn take_changed(&mut self) -> Option<Snapshot> {
        std::mem::take(&mut self.changed).then(|| self.snapshot.clone())
    }

    /// What is to be dropped when the lock has been given back.
    pub(crate) fn take_discarded(&mut self) -> Vec<AuthError> {
        std::mem::take(&mut self.discarded)
    }
}

impl State {
    fn change(&mut self) -> &mut Snapshot {
        self.changed = true;
        &mut self.snapshot
    }

    fn current_generation(&self) -> u64 {
        self.snapshot.current.as_ref().map(|token| token.generation).unwrap_or_default()
    }

    fn make_current(&mut self, mut token: Token) {
        self.generations += 1;
        token.generation = self.generations;
        self.change().current = Some(Arc::new(token));
    }

    fn put(&mut self, token: Token, now: &Moment, jitter: f64) -> Arc<Token> {
        if token.freshness(now) == Freshness::Expired {
            // Those who waited for it may try it once; nobody asks for another at once.
            let error = AuthError::invalid_response(
                "the login",
                "the token had expired when it arrived; check the clocks of this machine and of the provider",
            );
            self.discarded.extend(self.backoff.failed(error, false, now.monotonic, &self.limits, jitter));
        } else {
            self.discarded.extend(self.backoff.succeeded());
        }
        let token = Arc::new(token);
        self.change().current = Some(Arc::clone(&token));
        token
    }

    fn anonymous_possible(&self) -> bool {
        self.snapshot.current.is_none() && !self.snapshot.credentials_expected
    }

    fn mark_rejected(&mut self, generation: u64) {
        self.expect_credentials();
        let snapshot = self.change();
        snapshot.rejected = snapshot.rejected.max(generation);
        snapshot.anonymous_allowed = false;
    }

    /// A token that is rejected soon after it came shows that new ones do not help for long.
    fn judge_age(&mut self, generation: u64, method: Option<&str>, now: Instant, jitter: f64) {
        let rejected = self.snapshot.usable().filter(|token| token.generation == generation);
        match rejected.and_then(|token| token.is_on_trial(now)) {
            Some(true) => self.breaker.rejected_early(method, generation, now, &self.limits, jitter),
            Some(false) => self.breaker.served(generation),
            None => {}
        }
    }

    /// A token that was never rejected until it is replaced shows that new ones do help.
    fn judge_service(&mut self, now: Instant) {
        if let Some(token) = self.snapshot.usable()
            && token.is_on_trial(now) == Some(false)
        {
            self.breaker.served(token.generation);
        }
    }
}

#[cfg(test)]
mod tests;

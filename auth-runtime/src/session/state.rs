//! The session's decisions: pure, without I/O, without a lock, without a clock of their own.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    back_off::BackOff,
    clock::Moment,
    flight::Flight,
    futility::Futility,
    token::{Freshness, Token},
};
use crate::{AuthError, Credentials, limits::Limits};

/// The result of one refresh, shared by all that wait for it.
pub(crate) type Outcome = Result<Arc<Token>, AuthError>;

/// What every call reads, without a lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) current: Option<Arc<Token>>,
    /// Generations up to this one were rejected by a server.
    pub(crate) rejected: u64,
    /// Whether a call may go out without credentials to see if the server wants any.
    pub(crate) anonymous_allowed: bool,
    /// Whether it is known that the server wants credentials.
    pub(crate) credentials_expected: bool,
    /// Whether the server has taken a call without credentials, and rejected none since.
    pub(crate) anonymous_accepted: bool,
}

impl Snapshot {
    /// The current credentials, unless a server has rejected them.
    pub(crate) fn usable(&self) -> Option<&Arc<Token>> {
        self.current.as_ref().filter(|issued| issued.generation > self.rejected)
    }
}

/// What a call is to do about its credentials.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Send these.
    Attach(Arc<Token>),
    /// Send these; a refresh is due and nobody has started it.
    AttachAndRefresh(Arc<Token>),
    /// Send none.
    Anonymous,
    /// Wait for the refresh in flight.
    Wait(Flight),
    /// Read what is stored, and then decide again.
    Load,
    /// Start a refresh and wait for it.
    Refresh,
    /// Fail with what the last refresh failed with.
    Fail(AuthError),
}

/// What a call is to do after a server rejected its credentials.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// There are newer ones already.
    Replay(Arc<Token>),
    /// Wait for the refresh in flight.
    Wait(Flight),
    /// Start a refresh and wait for it.
    Refresh,
    /// New credentials have not helped before: the server's answer stands.
    GiveUp,
    /// The last refresh failed a moment ago.
    Fail(AuthError),
}

/// Everything that changes in a session.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) snapshot: Snapshot,
    generations: u64,
    /// There is a store that nobody has looked into yet.
    unread: bool,
    flight: Option<Flight>,
    back_off: BackOff,
    futility: Futility,
    limits: Arc<Limits>,
}

impl State {
    pub(crate) fn new(login_first: bool, unread: bool, limits: Arc<Limits>) -> Self {
        Self {
            snapshot: Snapshot {
                anonymous_allowed: !login_first && !unread,
                credentials_expected: login_first,
                ..Snapshot::default()
            },
            generations: 0,
            unread,
            flight: None,
            back_off: BackOff::default(),
            futility: Futility::default(),
            limits,
        }
    }

    /// What a call is to do now; `anonymous` says whether it may go out without credentials.
    pub(crate) fn decide(&self, now: &Moment, anonymous: bool) -> Decision {
        let standing_error = self.back_off.standing_error(now.monotonic);
        if let Some(issued) = self.snapshot.usable() {
            let issued = Arc::clone(issued);
            return match (issued.freshness(now), &self.flight, standing_error) {
                (Freshness::Fresh, _, _) => Decision::Attach(issued),
                (Freshness::RefreshSoon, None, None) => Decision::AttachAndRefresh(issued),
                (Freshness::RefreshSoon, _, _) => Decision::Attach(issued),
                (Freshness::Stale | Freshness::Ended, Some(flight), _) => Decision::Wait(flight.clone()),
                // A provider that fails does not take away what is still valid.
                (Freshness::Stale, None, Some(_)) => Decision::Attach(issued),
                (Freshness::Ended, None, Some(error)) => Decision::Fail(error.clone()),
                (Freshness::Stale | Freshness::Ended, None, None) => Decision::Refresh,
            };
        }
        match (&self.flight, standing_error) {
            (Some(flight), _) => Decision::Wait(flight.clone()),
            (None, _) if self.unread => Decision::Load,
            (None, _) if anonymous && self.anonymous_possible() => Decision::Anonymous,
            (None, Some(error)) => Decision::Fail(error.clone()),
            (None, None) => Decision::Refresh,
        }
    }

    /// What is left to a call that waited for a refresh which failed: credentials that are still valid, if there are.
    pub(crate) fn still_valid(&self, now: &Moment) -> Option<Arc<Token>> {
        self.snapshot.usable().filter(|issued| issued.freshness(now) != Freshness::Ended).cloned()
    }

    /// A server rejected the credentials of this generation; 0 stands for a call without any.
    pub(crate) fn rejected(&mut self, generation: u64, method: Option<&str>, now: &Moment) -> Rejection {
        if let Some(newer) = self.snapshot.usable()
            && newer.generation > generation
            && newer.freshness(now) != Freshness::Ended
        {
            return Rejection::Replay(Arc::clone(newer));
        }
        if self.futility.stands(method, now.monotonic) {
            return Rejection::GiveUp;
        }
        self.mark_rejected(generation);
        match (&self.flight, self.back_off.standing_error(now.monotonic)) {
            (Some(flight), _) => Rejection::Wait(flight.clone()),
            (None, Some(error)) => Rejection::Fail(error.clone()),
            (None, None) => Rejection::Refresh,
        }
    }

    fn mark_rejected(&mut self, generation: u64) {
        self.snapshot.rejected = self.snapshot.rejected.max(generation);
        self.snapshot.credentials_expected = true;
        self.snapshot.anonymous_accepted = false;
        self.snapshot.anonymous_allowed = false;
    }

    /// A replay with credentials of this generation was answered.
    pub(crate) fn replayed(&mut self, generation: u64, method: &str, rejected: bool, now: &Moment, jitter: f64) {
        if rejected {
            self.futility.rejected(method, generation, now.monotonic, &self.limits, jitter);
        } else {
            self.futility.accepted(method);
        }
    }

    /// The refresh in flight, if there is one.
    pub(crate) fn flight(&self) -> Option<Flight> {
        self.flight.clone()
    }

    /// A refresh is starting. Returns the credentials that it replaces.
    pub(crate) fn take_off(&mut self, flight: Flight) -> Option<Credentials> {
        self.flight = Some(flight);
        self.unread = false;
        self.snapshot.anonymous_allowed = false;
        self.snapshot.current.as_ref().map(|issued| issued.credentials.clone())
    }

    /// Credentials were brought, by a refresh or by the builder.
    ///
    /// Returns them with their generation. The same token as before keeps its generation: it is not new.
    pub(crate) fn adopt(
        &mut self,
        issue: impl FnOnce(u64) -> Result<Token, AuthError>,
        now: &Moment,
        jitter: f64,
    ) -> Outcome {
        let mut issued = issue(self.generations + 1)?;
        self.flight = None;
        match &self.snapshot.current {
            Some(current) if current.credentials.same_access_token(&issued.credentials) => {
                issued.generation = current.generation;
                if issued.generation <= self.snapshot.rejected {
                    // There is no better token. The next call asks the server again rather than the provider.
                    self.snapshot.rejected = issued.generation.saturating_sub(1);
                    self.futility.same_token(now.monotonic, &self.limits, jitter);
                }
            }
            _ => self.generations += 1,
        }
        if issued.freshness(now) == Freshness::Ended {
            // Those who waited for it may try it once; nobody asks for another at once.
            let error = AuthError::invalid_response(
                "the login",
                "the token had expired when it arrived; check the clocks of this machine and of the provider"
                    .to_owned(),
            );
            self.back_off.failed(error, false, now.monotonic, &self.limits, jitter);
        } else {
            self.back_off.succeeded();
        }
        let issued = Arc::new(issued);
        self.snapshot.current = Some(Arc::clone(&issued));
        Ok(issued)
    }

    /// Somebody logged in to this server before, so it wants credentials.
    pub(crate) fn known_to_want_credentials(&mut self) {
        self.snapshot.credentials_expected = true;
    }

    /// A call without credentials was not rejected.
    pub(crate) fn anonymous_accepted(&mut self) {
        self.snapshot.anonymous_accepted = !self.snapshot.credentials_expected;
    }

    /// The store was read and has nothing, or the server wants nothing.
    pub(crate) fn nothing_to_do(&mut self) {
        self.flight = None;
        self.allow_anonymous_again();
    }

    /// A refresh ended without credentials. `asked` says whether a person took part.
    pub(crate) fn fail(&mut self, error: AuthError, asked: bool, now: &Moment, jitter: f64) {
        self.lost();
        self.back_off.failed(error, asked, now.monotonic, &self.limits, jitter);
    }

    /// A refresh will never end: what ran it is gone. Nobody failed who should be left alone for a while.
    pub(crate) fn lost(&mut self) {
        self.flight = None;
        self.allow_anonymous_again();
    }

    /// Whether this is the refresh in flight. One that was given up may come down all the same.
    pub(crate) fn expects(&self, flight: &Flight) -> bool {
        self.flight.as_ref().is_some_and(|expected| expected.is(flight))
    }

    /// When a call that was told of a failure may decide again, if that is worth it.
    pub(crate) fn again_at(&self, now: &Moment) -> Option<Instant> {
        self.back_off.again_at(now.monotonic)
    }

    fn allow_anonymous_again(&mut self) {
        self.snapshot.anonymous_allowed = self.anonymous_possible();
    }

    fn anonymous_possible(&self) -> bool {
        self.snapshot.current.is_none() && !self.snapshot.credentials_expected
    }
}

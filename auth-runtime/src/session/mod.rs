//! One session: the credentials that all calls, clients and clones of an authenticator share.
//!
//! Decisions are in `state`, which is pure. `waiting` runs them: it takes the lock for a moment to decide, and has
//! credentials fetched by a `flight`, a task of its own, so that a caller who gives up cancels nothing that others wait
//! for. A call with a good token reads the snapshot, without a lock. `tests/model/run` tries all of that in many orders.

mod back_off;
mod clock;
mod flight;
mod futility;
#[cfg(test)]
#[cfg(shuttle)]
mod model;
mod provider;
mod state;
mod statistics;
mod stored;
mod sync;
mod token;
mod waiting;

use std::{
    fmt,
    sync::{Arc, PoisonError},
};

pub(crate) use self::{clock::Clock, provider::Provider, stored::Stored, token::Token};
use self::{
    state::{Snapshot, State},
    statistics::Counters,
    sync::{ArcSwap, Mutex, MutexGuard},
};
pub use self::{statistics::Statistics, token::refresh_window};
use crate::{AuthError, Credentials};

/// What a call is to send.
#[derive(Debug, Clone)]
pub(crate) enum Attachment {
    /// These credentials.
    Token(Arc<Token>),
    /// None: nobody knows yet whether the server wants any.
    Anonymous,
}

/// What a call is to do after its credentials were rejected and a refresh was waited for.
#[derive(Debug)]
pub(crate) enum AfterRejection {
    /// Send it again with these.
    Replay(Arc<Token>),
    /// Nothing better is to be had: the server's answer stands.
    Stands,
    /// Nothing better is to be had, because of this: the server's answer stands and carries it as its source.
    Failed(AuthError),
}

/// Dropping the session ends its background work.
pub(crate) struct Session {
    shared: Arc<Shared>,
}

struct Shared {
    snapshot: ArcSwap<Snapshot>,
    state: Mutex<State>,
    provider: Provider,
    clock: Clock,
    counters: Counters,
}

impl Session {
    pub(crate) fn new(
        provider: Provider,
        clock: Clock,
        initial: Option<Credentials>,
        login_first: bool,
    ) -> Result<Self, AuthError> {
        let unread = provider.has_store() && initial.is_none();
        let mut state = State::new(login_first, unread, Arc::clone(&provider.limits));
        if let Some(credentials) = initial {
            let now = clock.now();
            let key = provider.header_key(&credentials).to_owned();
            let limits = &provider.limits;
            let issue = |generation| Token::new(credentials, &key, generation, now, now, limits, fastrand::f64());
            state.adopt(issue, &now, fastrand::f64())?;
        }
        let shared = Shared {
            snapshot: ArcSwap::from_pointee(state.snapshot.clone()),
            state: Mutex::new(state),
            provider,
            clock,
            counters: Counters::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    #[cfg(feature = "transport")]
    pub(crate) fn provider(&self) -> &Provider {
        &self.shared.provider
    }

    /// Deletes what is stored. Whether there was something.
    pub(crate) async fn forget_stored(&self) -> Result<bool, AuthError> {
        self.shared.provider.forget_stored().await
    }

    pub(crate) fn statistics(&self) -> Statistics {
        self.shared.counters.read()
    }

    /// The current credentials, rejected or not, without asking anybody.
    pub(crate) fn current(&self) -> Option<Credentials> {
        self.shared.snapshot.load().current.as_ref().map(|issued| issued.credentials.clone())
    }

    /// What a call may send right now without waiting: no lock, no I/O. `None` if it has to wait, or to start
    /// something: see [`attachment`](Self::attachment).
    pub(crate) fn ready_attachment(&self) -> Option<Attachment> {
        let snapshot = self.shared.snapshot.load();
        match snapshot.usable() {
            Some(issued) => issued.is_fresh(&self.shared.clock).then(|| Attachment::Token(Arc::clone(issued))),
            None => (snapshot.anonymous_allowed && snapshot.current.is_none()).then_some(Attachment::Anonymous),
        }
    }

    /// What is there and can be sent right now: nothing is started and nothing waited for. `None` where the server is
    /// known to want credentials and there are none that it could take.
    pub(crate) fn no_login_attachment(&self) -> Option<Attachment> {
        let snapshot = self.shared.snapshot.load();
        match snapshot.usable() {
            Some(token) => token.is_valid(&self.shared.clock).then(|| Attachment::Token(Arc::clone(token))),
            None => (!self.expects_credentials()).then_some(Attachment::Anonymous),
        }
    }

    /// Whether it is known that the server wants credentials.
    pub(crate) fn expects_credentials(&self) -> bool {
        let snapshot = self.shared.snapshot.load();
        snapshot.credentials_expected || snapshot.current.is_some()
    }

    /// A call without credentials was answered, and not with a rejection.
    pub(crate) fn anonymous_accepted(&self) {
        if !self.shared.snapshot.load().anonymous_accepted {
            self.shared.change(State::anonymous_accepted);
        }
    }

    /// A call goes out for the second time.
    pub(crate) fn replaying(&self) {
        self.shared.counters.replayed();
    }

    /// A call that was sent again was answered.
    pub(crate) fn replayed(&self, generation: u64, method: &str, rejected: bool) {
        let now = self.shared.clock.now();
        self.shared.lock().replayed(generation, method, rejected, &now, fastrand::f64());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let flight = self.shared.lock().flight();
        if let Some(flight) = flight {
            flight.abort();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.shared.snapshot.load();
        f.debug_struct("Session")
            .field("logged_in", &snapshot.usable().is_some())
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Held for a moment only, never across an await. The state is consistent between any two of its methods, so
    /// that a panic elsewhere is no reason to give up.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let result = change(&mut state);
        self.publish(&state);
        result
    }

    fn publish(&self, state: &State) {
        self.snapshot.store(Arc::new(state.snapshot.clone()));
    }
}

//! One session: the credentials that all calls, clients and clones of an authenticator share.
//!
//! Decisions are in `state`, which is pure; this file runs them: it reads the view without a lock, takes the lock for
//! a moment to decide, and gets credentials on a task of its own, so that a caller who gives up cancels nothing that
//! others wait for.

mod back_off;
mod clock;
mod flight;
mod futility;
mod issued;
mod provider;
mod state;
mod statistics;
mod stored;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;
use tokio::{runtime::Handle, sync::watch, task::AbortHandle};
use tracing::Instrument as _;

pub(crate) use self::{clock::Clock, issued::Issued, provider::Provider, stored::Stored};
use self::{
    flight::{Errand, Landing, arrival, fly},
    issued::Freshness,
    state::{Decision, Flight, Landed, Rejection, State, View},
    statistics::Counters,
};
pub use self::{issued::refresh_window, statistics::Statistics};
use crate::{AuthError, Credentials};

/// What a call is to send.
#[derive(Debug, Clone)]
pub(crate) enum Attachment {
    /// These credentials.
    Credentials(Arc<Issued>),
    /// None: nobody knows yet whether the server wants any.
    Bare,
}

/// What a call is to do after its credentials were rejected and a refresh was waited for.
#[derive(Debug)]
pub(crate) enum AfterRejection {
    /// Send it again with these.
    Replay(Arc<Issued>),
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
    view: ArcSwap<View>,
    state: Mutex<State>,
    task: Mutex<Option<AbortHandle>>,
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
        let mut state = State::new(login_first, provider.has_store() && initial.is_none());
        if let Some(credentials) = initial {
            let now = clock.now();
            let key = provider.header_key(&credentials).to_owned();
            let window = provider.refresh_window;
            let issue = |generation| Issued::new(credentials, &key, generation, now, now, window, fastrand::f64());
            state.adopt(issue, &now, fastrand::f64())?;
        }
        let shared = Shared {
            view: ArcSwap::from_pointee(state.view.clone()),
            state: Mutex::new(state),
            task: Mutex::new(None),
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
        self.shared.view.load().current.as_ref().map(|issued| issued.credentials.clone())
    }

    /// What a call may send right now without waiting: no lock, no I/O. `None` if it has to wait, or to start
    /// something: see [`attachment`](Self::attachment).
    pub(crate) fn ready_attachment(&self) -> Option<Attachment> {
        let view = self.shared.view.load();
        match view.usable() {
            Some(issued) => (issued.freshness(&self.shared.clock.now()) == Freshness::Fresh)
                .then(|| Attachment::Credentials(Arc::clone(issued))),
            None => (view.bare_allowed && view.current.is_none()).then_some(Attachment::Bare),
        }
    }

    /// What a call may send, after a login or refresh where one is needed.
    ///
    /// Cancel safe: a refresh goes on without those who waited for it.
    pub(crate) async fn attachment(&self) -> Result<Attachment, AuthError> {
        loop {
            let flight = match self.decide() {
                Decision::Attach(issued) => return Ok(Attachment::Credentials(issued)),
                Decision::AttachAndRefresh(issued) => {
                    if let Err(error) = self.join_or_start(Errand::Refresh) {
                        tracing::debug!(%error, "no background refresh");
                    }
                    return Ok(Attachment::Credentials(issued));
                }
                Decision::Bare => return Ok(Attachment::Bare),
                Decision::Fail(error) => return Err(error),
                Decision::Wait(flight) => flight,
                Decision::Load => self.join_or_start(Errand::Load)?,
                Decision::Refresh => self.join_or_start(Errand::Refresh)?,
            };
            match arrival(flight).await {
                Landed::NothingStored => {}
                Landed::Refreshed(Ok(issued)) => return Ok(Attachment::Credentials(issued)),
                Landed::Refreshed(Err(error)) => {
                    let now = self.shared.clock.now();
                    return self.shared.lock().still_valid(&now).map(Attachment::Credentials).ok_or(error);
                }
            }
        }
    }

    fn decide(&self) -> Decision {
        let now = self.shared.clock.now();
        self.shared.lock().decide(&now)
    }

    /// A server rejected a call's credentials (none, for generation 0): gets newer ones, once for all calls that were
    /// rejected with the same.
    ///
    /// Cancel safe, as [`attachment`](Self::attachment).
    pub(crate) async fn after_rejection(&self, generation: u64) -> AfterRejection {
        loop {
            let flight = match self.reject(generation) {
                Rejection::Replay(issued) => return AfterRejection::Replay(issued),
                Rejection::GiveUp => return AfterRejection::Stands,
                Rejection::Fail(error) => return AfterRejection::Failed(error),
                Rejection::Wait(flight) => flight,
                Rejection::Refresh => match self.join_or_start(Errand::Refresh) {
                    Ok(flight) => flight,
                    Err(error) => return AfterRejection::Failed(error),
                },
            };
            match arrival(flight).await {
                Landed::NothingStored => {}
                Landed::Refreshed(Ok(issued)) if issued.generation > generation => {
                    return AfterRejection::Replay(issued);
                }
                Landed::Refreshed(Ok(_)) => return AfterRejection::Stands,
                Landed::Refreshed(Err(error)) => return AfterRejection::Failed(error),
            }
        }
    }

    /// A server rejected a call that cannot be sent again: the next one is to have better credentials.
    pub(crate) fn rejected_for_good(&self, generation: u64) {
        if let Rejection::Refresh = self.reject(generation)
            && let Err(error) = self.join_or_start(Errand::Refresh)
        {
            tracing::debug!(%error, "no refresh for the next call");
        }
    }

    fn reject(&self, generation: u64) -> Rejection {
        let now = self.shared.clock.now();
        self.shared.change(|state| state.rejected(generation, &now))
    }

    /// A call goes out for the second time.
    pub(crate) fn replaying(&self) {
        self.shared.counters.replayed();
    }

    /// A call that was sent again was answered.
    pub(crate) fn replayed(&self, generation: u64, rejected: bool) {
        let now = self.shared.clock.now();
        self.shared.lock().replayed(generation, rejected, &now, fastrand::f64());
    }

    /// Gets new credentials, whatever there is, or joins the refresh in flight.
    pub(crate) async fn refresh(&self) -> Result<Credentials, AuthError> {
        loop {
            if let Landed::Refreshed(outcome) = arrival(self.join_or_start(Errand::Refresh)?).await {
                return outcome.map(|issued| issued.credentials.clone());
            }
        }
    }

    /// Gets credentials unless there are usable ones.
    pub(crate) async fn login(&self) -> Result<Credentials, AuthError> {
        match self.decide() {
            Decision::Attach(issued) | Decision::AttachAndRefresh(issued) => Ok(issued.credentials.clone()),
            _ => self.refresh().await,
        }
    }

    /// The one flight; starts it, for this errand, if there is none.
    fn join_or_start(&self, errand: Errand) -> Result<Flight, AuthError> {
        let runtime = Handle::try_current().map_err(|_| AuthError::NoRuntime)?;
        let (sender, flight) = watch::channel(None);
        let previous = {
            let mut state = self.shared.lock();
            if let Some(flight) = state.flight() {
                return Ok(flight);
            }
            let previous = state.take_off(flight.clone());
            self.shared.publish(&state);
            previous
        };
        // Spawned after the lock was released: a runtime that shuts down drops the task here and now, and with it the
        // landing, which takes the lock.
        let landing = Landing::new(Arc::clone(&self.shared), sender);
        let span = tracing::info_span!("login", endpoint = %self.shared.provider.endpoint);
        let mut task = self.shared.task.lock().unwrap_or_else(PoisonError::into_inner);
        *task = Some(runtime.spawn(fly(errand, previous, landing).instrument(span)).abort_handle());
        Ok(flight)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(task) = self.shared.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = self.shared.view.load();
        f.debug_struct("Session")
            .field("logged_in", &view.usable().is_some())
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
        self.view.store(Arc::new(state.view.clone()));
    }
}

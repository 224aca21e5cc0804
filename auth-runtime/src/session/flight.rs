//! A flight: the task that gets credentials for all calls that wait for it.

use std::sync::{Arc, OnceLock};

use tokio::{sync::SetOnce, time::Instant};

use super::{
    Shared,
    provider::{Brought, Found},
    state::{Outcome, State},
    sync::{AbortHandle, Handle, now, timeout_at},
    token::Token,
};
use crate::{AuthError, Credentials, error::RUNTIME_SHUT_DOWN};

/// Why a flight is given up that has not come down: its runtime exists, and no thread runs it.
const RUNTIME_AT_REST: &str = "nothing runs its runtime any more";

/// How a flight ended.
#[derive(Debug, Clone)]
pub(crate) enum Landed {
    /// With the outcome of a login or refresh.
    Refreshed(Outcome),
    /// The store was read and has nothing; the provider was not asked.
    NothingStored,
    /// The server wants no credentials; the provider was not asked.
    Unwanted,
    /// Not at all: what ran it is gone. Whoever still waits may start another.
    Lost(&'static str),
}

/// A flight, as those see it who wait for its end.
#[derive(Debug, Clone)]
pub(crate) struct Flight(Arc<Course>);

#[derive(Debug)]
struct Course {
    /// Wakes those who wait in the order in which they came.
    landed: SetOnce<Landed>,
    /// When it must have ended, if anything runs it.
    overdue_at: Option<Instant>,
    /// Its own, so that nobody ends another by it.
    task: OnceLock<AbortHandle>,
}

impl Flight {
    /// Takes no longer than `longest`.
    pub(super) fn new(longest: std::time::Duration) -> Self {
        let overdue_at = now().checked_add(longest);
        Self(Arc::new(Course { landed: SetOnce::new(), overdue_at, task: OnceLock::new() }))
    }

    pub(super) fn runs_in(&self, task: AbortHandle) {
        // Set once: by whoever started it.
        let _ = self.0.task.set(task);
    }

    /// Its landing is told as that of a flight that is lost.
    pub(super) fn abort(&self) {
        if let Some(task) = self.0.task.get() {
            task.abort();
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Waits for the end.
    pub(super) async fn arrival(&self) -> Landed {
        let Course { landed, overdue_at, .. } = &*self.0;
        let overdue_at = overdue_at.filter(|_| Handle::try_current().is_ok());
        let arrived = match overdue_at {
            Some(overdue_at) => timeout_at(overdue_at, landed.wait()).await,
            None => Ok(landed.wait().await),
        };
        arrived.cloned().unwrap_or(Landed::Lost(RUNTIME_AT_REST))
    }
}

/// What a flight is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    /// To see whether there are stored credentials.
    Load,
    /// To get new ones.
    Refresh,
    /// To get some unless the server says that it wants none.
    RefreshIfWanted,
}

/// The task of a flight.
pub(super) async fn fly(errand: Errand, previous: Option<Credentials>, landing: Landing) {
    let Some(shared) = landing.shared.clone() else { return };
    let requested_at = shared.clock.now();
    let brought = match errand {
        Errand::RefreshIfWanted if shared.provider.server_wants_no_credentials().await => {
            return landing.land(Landed::Unwanted);
        }
        Errand::Refresh | Errand::RefreshIfWanted => shared.provider.refresh(previous.as_ref(), &shared.clock).await,
        Errand::Load => match shared.provider.load(&shared.clock).await {
            Found::Nothing => return landing.land(Landed::NothingStored),
            Found::Usable(credentials) => Ok(Brought { credentials, from_store: true }),
            Found::Expired => {
                shared.change(State::known_to_want_credentials);
                shared.provider.refresh(None, &shared.clock).await
            }
        },
    };
    let now = shared.clock.now();
    let from_store = brought.as_ref().is_ok_and(|brought| brought.from_store);
    let outcome = brought.and_then(|Brought { credentials, .. }| {
        let key = shared.provider.header_key(&credentials).to_owned();
        let limits = &shared.provider.limits;
        let issue = |generation| Token::new(credentials, &key, generation, requested_at, now, limits, fastrand::f64());
        shared.change(|state| match state.expects(&landing.flight) {
            true => state.adopt(issue, &now, fastrand::f64()),
            false => Err(AuthError::interrupted(RUNTIME_AT_REST)),
        })
    });
    match &outcome {
        Ok(_) if from_store => tracing::info!("stored credentials are used"),
        Ok(_) => {
            shared.counters.brought(previous.is_none());
            tracing::info!(first = previous.is_none(), "credentials were issued");
        }
        Err(error) => tracing::warn!(%error, transient = error.is_transient(), "no credentials were issued"),
    }
    landing.land(match outcome {
        Err(error) if error.is_interrupted_by(RUNTIME_SHUT_DOWN) => Landed::Lost(RUNTIME_SHUT_DOWN),
        outcome => Landed::Refreshed(outcome),
    });
}

/// Hands the outcome to those who wait, also when the task is dropped or panics: nobody waits for ever, and the next
/// call can start again.
pub(super) struct Landing {
    shared: Option<Arc<Shared>>,
    flight: Flight,
}

impl Landing {
    pub(super) fn new(shared: Arc<Shared>, flight: Flight) -> Self {
        Self { shared: Some(shared), flight }
    }

    fn land(mut self, landed: Landed) {
        self.end(landed);
    }

    fn end(&mut self, landed: Landed) {
        let Some(shared) = self.shared.take() else { return };
        let now = shared.clock.now();
        let expected = shared.change(|state| {
            let expected = state.expects(&self.flight);
            match &landed {
                _ if !expected => {}
                Landed::Refreshed(Ok(_)) => {}
                Landed::NothingStored | Landed::Unwanted => state.nothing_to_do(),
                Landed::Lost(_) => state.lost(),
                Landed::Refreshed(Err(error)) => {
                    state.fail(error.clone(), shared.provider.interactivity.has_asked(), &now, fastrand::f64());
                }
            }
            expected
        });
        if expected && !matches!(landed, Landed::NothingStored | Landed::Unwanted | Landed::Refreshed(Ok(_))) {
            shared.counters.failed();
        }
        // Set once: whoever ends it takes `shared`.
        let _ = self.flight.0.landed.set(landed);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let landed = match std::thread::panicking() {
            true => Landed::Refreshed(Err(AuthError::interrupted("the flow panicked"))),
            false => Landed::Lost(RUNTIME_SHUT_DOWN),
        };
        self.end(landed);
    }
}

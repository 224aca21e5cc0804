//! A flight: the task that gets credentials for all calls that wait for it.

use std::sync::{Arc, OnceLock};

use tokio::{sync::watch, time::Instant};

use super::{
    Shared,
    issued::Issued,
    provider::{Brought, Found},
    state::{Outcome, State},
    sync::{AbortHandle, Handle, now, timeout_at},
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
    /// Not at all: what ran it is gone. Whoever still waits may start another.
    Lost(&'static str),
}

/// A flight, as those see it who wait for its end.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    landed: watch::Receiver<Option<Landed>>,
    /// When it must have ended, if anything runs it.
    overdue_at: Option<Instant>,
    /// Its own, so that nobody ends another by it.
    task: Arc<OnceLock<AbortHandle>>,
}

impl Flight {
    /// The flight, and where its end is to be told. It takes no longer than `longest`.
    pub(super) fn new(longest: std::time::Duration) -> (watch::Sender<Option<Landed>>, Self) {
        let (sender, landed) = watch::channel(None);
        (sender, Self { landed, overdue_at: now().checked_add(longest), task: Arc::default() })
    }

    pub(super) fn runs_in(&self, task: AbortHandle) {
        // Set once: by whoever started it.
        let _ = self.task.set(task);
    }

    /// Its landing is told as that of a flight that is lost.
    pub(super) fn abort(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.landed.same_channel(&other.landed)
    }

    /// Waits for the end.
    pub(super) async fn arrival(mut self) -> Landed {
        let overdue_at = self.overdue_at.filter(|_| Handle::try_current().is_ok());
        let arrival = self.landed.wait_for(Option::is_some);
        let landed = match overdue_at {
            Some(overdue_at) => timeout_at(overdue_at, arrival).await,
            None => Ok(arrival.await),
        };
        let landed = landed.map(|landed| landed.ok().and_then(|landed| landed.clone()));
        match landed {
            Ok(landed) => landed.unwrap_or(Landed::Lost("it ended without an outcome")),
            Err(_overdue) => Landed::Lost(RUNTIME_AT_REST),
        }
    }
}

/// What a flight is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Errand {
    /// To see whether there are stored credentials.
    Load,
    /// To get new ones.
    Refresh,
}

/// The task of a flight.
pub(super) async fn fly(errand: Errand, previous: Option<Credentials>, landing: Landing) {
    let Some(shared) = landing.shared.clone() else { return };
    let requested_at = shared.clock.now();
    let brought = match errand {
        Errand::Refresh => shared.provider.refresh(previous.as_ref(), &shared.clock).await,
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
        let issue = |generation| Issued::new(credentials, &key, generation, requested_at, now, limits, fastrand::f64());
        shared.change(|state| match state.expects(&landing.flight) {
            true => state.adopt(issue, &now, fastrand::f64()),
            false => Err(AuthError::Interrupted { reason: RUNTIME_AT_REST }),
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
        Err(AuthError::Interrupted { reason }) if reason == RUNTIME_SHUT_DOWN => Landed::Lost(reason),
        outcome => Landed::Refreshed(outcome),
    });
}

/// Hands the outcome to those who wait, also when the task is dropped or panics: nobody waits for ever, and the next
/// call can start again.
pub(super) struct Landing {
    shared: Option<Arc<Shared>>,
    sender: watch::Sender<Option<Landed>>,
    flight: Flight,
}

impl Landing {
    pub(super) fn new(shared: Arc<Shared>, sender: watch::Sender<Option<Landed>>, flight: Flight) -> Self {
        Self { shared: Some(shared), sender, flight }
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
                Landed::NothingStored => state.nothing_stored(),
                Landed::Lost(_) => state.lost(),
                Landed::Refreshed(Err(error)) => {
                    state.fail(error.clone(), shared.provider.asking.has_asked(), &now, fastrand::f64());
                }
            }
            expected
        });
        if expected && !matches!(landed, Landed::NothingStored | Landed::Refreshed(Ok(_))) {
            shared.counters.failed();
        }
        self.sender.send_replace(Some(landed));
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let landed = match std::thread::panicking() {
            true => Landed::Refreshed(Err(AuthError::Interrupted { reason: "the flow panicked" })),
            false => Landed::Lost(RUNTIME_SHUT_DOWN),
        };
        self.end(landed);
    }
}

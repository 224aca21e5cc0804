//! A flight: the task that gets credentials for all calls that wait for it.

use std::sync::Arc;

use tokio::sync::watch;

use super::{
    Shared,
    issued::Issued,
    provider::{Brought, Found},
    state::{Flight, Landed, State},
};
use crate::{AuthError, Credentials};

/// Why a flight ended that had no chance to: nobody failed who should be left alone for a while.
pub(super) const RUNTIME_SHUT_DOWN: &str = "its runtime was shut down";

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
        let window = shared.provider.refresh_window;
        let issue = |generation| Issued::new(credentials, &key, generation, requested_at, now, window, fastrand::f64());
        shared.change(|state| state.adopt(issue, &now, fastrand::f64()))
    });
    match &outcome {
        Ok(_) if from_store => tracing::info!("stored credentials are used"),
        Ok(_) => {
            shared.counters.brought(previous.is_none());
            tracing::info!(first = previous.is_none(), "credentials were issued");
        }
        Err(error) => tracing::warn!(%error, transient = error.is_transient(), "no credentials were issued"),
    }
    landing.land(Landed::Refreshed(outcome));
}

/// Hands the outcome to those who wait, also when the task is dropped or panics: nobody waits for ever, and the next
/// call can start again.
pub(super) struct Landing {
    shared: Option<Arc<Shared>>,
    sender: watch::Sender<Option<Landed>>,
}

impl Landing {
    pub(super) fn new(shared: Arc<Shared>, sender: watch::Sender<Option<Landed>>) -> Self {
        Self { shared: Some(shared), sender }
    }

    fn land(mut self, landed: Landed) {
        self.end(landed);
    }

    fn end(&mut self, landed: Landed) {
        let Some(shared) = self.shared.take() else { return };
        match &landed {
            Landed::NothingStored => shared.change(State::nothing_stored),
            Landed::Refreshed(Ok(_)) => {}
            Landed::Refreshed(Err(error)) => {
                shared.counters.failed();
                let now = shared.clock.now();
                shared.change(|state| state.fail(error.clone(), &now, fastrand::f64()));
            }
        }
        self.sender.send_replace(Some(landed));
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let reason = if std::thread::panicking() { "the flow panicked" } else { RUNTIME_SHUT_DOWN };
        self.end(Landed::Refreshed(Err(AuthError::Interrupted { reason })));
    }
}

/// Waits for the end of a flight.
pub(super) async fn arrival(mut flight: Flight) -> Landed {
    let interrupted = |reason| Landed::Refreshed(Err(AuthError::Interrupted { reason }));
    match flight.wait_for(Option::is_some).await {
        Ok(landed) => landed.clone().unwrap_or_else(|| interrupted("it had no outcome")),
        Err(_) => interrupted("it ended without an outcome"),
    }
}

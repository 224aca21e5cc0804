//! The end of a refresh: the state hears of it, and then those who wait.

use std::sync::Arc;

use super::{
    super::core::{Moment, Token},
    Shared,
    refresh_task::{RUNTIME_AT_REST, RefreshOutcome, RefreshTask},
    shared::Locked,
};
use crate::{AuthError, Credentials, error::RUNTIME_SHUT_DOWN};

/// What a refresh fetched, before the session has it.
pub(super) enum Fetched {
    /// A token that the provider issued just now.
    Issued(Token),
    /// One that was stored.
    FromStore(Token),
    NothingStored,
    /// A person would have had to be asked, for nobody.
    PersonNeeded,
    Unwanted,
    /// Another program has logged out.
    LoggedOut,
    Failed {
        error: AuthError,
        /// What the next refresh goes on with, if that is not what this one did.
        rotated: Option<Credentials>,
    },
    Lost(&'static str),
}

/// Completes a refresh, also when its task is dropped or panics: nobody waits for ever, and the next call can begin
/// another.
pub(super) struct CompletionGuard {
    shared: Option<Arc<Shared>>,
    task: RefreshTask,
    /// Whether there were no credentials before.
    first: bool,
}

impl CompletionGuard {
    pub(super) fn new(shared: Arc<Shared>, task: RefreshTask, first: bool) -> Self {
        Self { shared: Some(shared), task, first }
    }

    /// Those who wait are told in turns, by whoever has called this.
    pub(super) fn complete(mut self, fetched: Fetched) {
        self.end(fetched, RefreshTask::end_in_turns);
    }

    fn end(&mut self, fetched: Fetched, tell: fn(&RefreshTask, RefreshOutcome)) {
        let Some(shared) = self.shared.take() else { return };
        let issued = matches!(fetched, Fetched::Issued(_));
        let (now, asked) = (shared.clock.now(), shared.source.interactivity.has_asked());
        let mut unexpected = None;
        let outcome = shared.change(|locked| match locked.state.runs(self.task.id()) {
            true => Some(record(locked, fetched, asked, &now)),
            // It was given up, and another may have taken its place. Kept, to be dropped without the lock.
            false => {
                unexpected = Some(fetched);
                None
            }
        });
        let lost = || RefreshOutcome::Lost(RUNTIME_AT_REST);
        let _telling = Telling { task: &self.task, outcome: Some(outcome.clone().unwrap_or_else(lost)), tell };
        drop(unexpected);
        if let Some(outcome) = &outcome {
            self.report(&shared, outcome, issued);
        }
    }

    fn report(&self, shared: &Shared, outcome: &RefreshOutcome, issued: bool) {
        match outcome {
            RefreshOutcome::Token(_) if issued => {
                shared.counters.issued(self.first);
                tracing::info!(first = self.first, "credentials were issued");
            }
            RefreshOutcome::Token(_) => tracing::info!("stored credentials are used"),
            RefreshOutcome::Failed(error) => {
                shared.counters.failed();
                tracing::warn!(
                    error = error.with_causes(),
                    transient = error.is_transient(),
                    "no credentials were issued"
                );
            }
            RefreshOutcome::Lost(reason) => {
                shared.counters.failed();
                tracing::warn!(reason, "a login was lost");
            }
            RefreshOutcome::PersonNeeded => tracing::debug!("the next credentials take a person's login"),
            RefreshOutcome::NothingStored | RefreshOutcome::Unwanted | RefreshOutcome::LoggedOut => {}
        }
    }
}

/// Tells those who wait when it is dropped: also where a subscriber of the user's, or the drop of a user's error, panics.
struct Telling<'a> {
    task: &'a RefreshTask,
    outcome: Option<RefreshOutcome>,
    tell: fn(&RefreshTask, RefreshOutcome),
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if let Some(outcome) = self.outcome.take() {
            (self.tell)(self.task, outcome);
        }
    }
}

/// Tells the state, under its lock.
fn record(locked: &mut Locked, fetched: Fetched, asked: bool, now: &Moment) -> RefreshOutcome {
    let (state, jitter) = (&mut locked.state, fastrand::f64());
    match fetched {
        Fetched::Issued(token) | Fetched::FromStore(token) => RefreshOutcome::Token(state.install(token, now, jitter)),
        Fetched::Failed { error, rotated } => {
            state.fail(error.clone(), asked, rotated, now, jitter);
            RefreshOutcome::Failed(error)
        }
        Fetched::NothingStored => {
            state.abandon();
            RefreshOutcome::NothingStored
        }
        Fetched::PersonNeeded => {
            state.person_needed();
            RefreshOutcome::PersonNeeded
        }
        Fetched::Unwanted => {
            state.abandon();
            RefreshOutcome::Unwanted
        }
        Fetched::LoggedOut => {
            // Whoever has logged out there has told the provider.
            let _ = state.log_out();
            RefreshOutcome::NothingStored
        }
        Fetched::Lost(reason) => {
            state.abandon();
            RefreshOutcome::Lost(reason)
        }
    }
}

impl Drop for CompletionGuard {
    fn drop(&mut self) {
        let fetched = match std::thread::panicking() {
            true => Fetched::Failed { error: AuthError::interrupted("the flow panicked"), rotated: None },
            false => Fetched::Lost(RUNTIME_SHUT_DOWN),
        };
        self.end(fetched, RefreshTask::end);
    }
}

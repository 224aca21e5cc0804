//! The task of a refresh, as those see it who wait for its end.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{
    super::{
        core::{Purpose, RefreshId, Token},
        sync::{AbortHandle, RuntimeId, now, on_a_runtime, this_task, timeout_at},
    },
    announcement::{Announcement, Turns},
};
use crate::AuthError;

/// Why a refresh is given up that has not ended: its runtime exists, and no thread runs it.
pub(super) const RUNTIME_AT_REST: &str = "nothing runs its runtime any more";

/// How a refresh ended.
#[derive(Debug, Clone)]
pub(in crate::session) enum RefreshOutcome {
    /// With credentials.
    Token(Arc<Token>),
    /// Without any.
    Failed(AuthError),
    /// The store was read and has nothing; the provider was not asked.
    NothingStored,
    /// A person would have had to be asked, for nobody.
    PersonNeeded,
    /// The server wants no credentials; the provider was not asked.
    Unwanted,
    /// With the session's credentials: somebody logged out.
    LoggedOut,
    /// Not at all: what ran it is gone. Whoever still waits may begin another.
    Lost(&'static str),
}

/// Clones are the same task.
#[derive(Debug, Clone)]
pub(in crate::session) struct RefreshTask(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: RefreshId,
    purpose: Purpose,
    outcome: Announcement<RefreshOutcome>,
    /// When it must have ended, if anything runs it.
    overdue_at: Option<Instant>,
    /// Its own, so that nobody ends another by it.
    handle: OnceLock<AbortHandle>,
    /// The task that polls it.
    polled_by: OnceLock<tokio::task::Id>,
    aborted: AtomicBool,
}

impl RefreshTask {
    /// Runs on `runtime`, and takes no longer than `longest`.
    pub(super) fn new(id: RefreshId, purpose: Purpose, runtime: RuntimeId, longest: Duration) -> Self {
        Self(Arc::new(Inner {
            id,
            purpose,
            outcome: Announcement::new(runtime),
            overdue_at: now().checked_add(longest),
            handle: OnceLock::new(),
            polled_by: OnceLock::new(),
            aborted: AtomicBool::new(false),
        }))
    }

    pub(super) fn id(&self) -> RefreshId {
        self.0.id
    }

    pub(super) fn purpose(&self) -> Purpose {
        self.0.purpose
    }

    /// Said once, by whoever spawned it.
    pub(super) fn runs_as(&self, handle: AbortHandle) {
        let handle = self.0.handle.get_or_init(|| handle);
        if self.0.aborted.load(Ordering::SeqCst) {
            handle.abort();
        }
    }

    /// Said by the refresh itself, when it begins to run.
    pub(super) fn begins(&self) {
        if let Some(task) = this_task() {
            let _ = self.0.polled_by.set(task);
        }
    }

    /// Whether whoever asks is a part of this refresh, such as a call that its flow makes.
    pub(super) fn runs_here(&self) -> bool {
        self.0.polled_by.get().is_some_and(|task| this_task() == Some(*task))
    }

    /// Unless it has ended, those who wait are told that it is lost.
    pub(in crate::session) fn abort(&self) {
        self.0.aborted.store(true, Ordering::SeqCst);
        if let Some(handle) = self.0.handle.get() {
            handle.abort();
        }
    }

    /// Tells those who wait how it ended. The first word counts.
    pub(in crate::session) fn end(&self, outcome: RefreshOutcome) {
        self.0.outcome.make(outcome);
    }

    /// The same, but that those who wait on its own runtime are told in [`turns`](Self::turns).
    pub(super) fn end_in_turns(&self, outcome: RefreshOutcome) {
        self.0.outcome.prepare(outcome);
    }

    pub(super) fn turns(&self) -> Turns<'_> {
        self.0.outcome.turns()
    }

    /// Waits for the end.
    pub(in crate::session) async fn outcome(&self) -> RefreshOutcome {
        let Inner { outcome, overdue_at, .. } = &*self.0;
        let ended = match overdue_at.filter(|_| on_a_runtime()) {
            // Said, though nobody was left to tell it.
            Some(overdue_at) => timeout_at(overdue_at, outcome.heard()).await.ok().or_else(|| outcome.get()),
            None => Some(outcome.heard().await),
        };
        ended.cloned().unwrap_or(RefreshOutcome::Lost(RUNTIME_AT_REST))
    }
}

//! What a session and its tasks share, and the lock around the part of it that changes.

use std::{
    mem,
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{
    super::{
        clock::Clock,
        core::{Snapshot, State},
        statistics::Counters,
        sync::{ArcSwap, Mutex},
    },
    CredentialSource,
    refresh_task::RefreshTask,
};

pub(in crate::session) struct Shared {
    /// What calls see of the state.
    pub(in crate::session) snapshot: ArcSwap<Snapshot>,
    locked: Mutex<Locked>,
    pub(in crate::session) source: CredentialSource,
    pub(in crate::session) clock: Clock,
    pub(in crate::session) counters: Counters,
    /// How long a refresh takes at most. Asked of the flow once, without a lock.
    pub(super) longest_refresh: Duration,
}

/// What the lock protects: the state, and the task of the refresh that the state says is running.
pub(in crate::session) struct Locked {
    pub(in crate::session) state: State,
    running: Option<RefreshTask>,
    /// Tasks whose refresh has ended. Their outcome may be the last to hold a user's error.
    ended: Vec<RefreshTask>,
}

impl Shared {
    pub(in crate::session) fn new(state: State, source: CredentialSource, clock: Clock) -> Arc<Self> {
        let longest_refresh = source.longest_refresh();
        Arc::new(Self {
            snapshot: ArcSwap::from_pointee(state.snapshot().clone()),
            locked: Mutex::new(Locked { state, running: None, ended: Vec::new() }),
            source,
            clock,
            counters: Counters::default(),
            longest_refresh,
        })
    }

    /// Takes the lock for a moment, never across an await, and shows calls what has changed.
    ///
    /// Nothing of a user's is called under the lock, and nothing of a user's is dropped there: an error of their flow may
    /// hold the last authenticator, whose drop takes the lock. The state is consistent between any two of its methods, so
    /// that a panic elsewhere is no reason to give up.
    pub(in crate::session) fn change<R>(&self, change: impl FnOnce(&mut Locked) -> R) -> R {
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut locked);
        if let Some(snapshot) = locked.state.take_changed() {
            self.snapshot.store(Arc::new(snapshot));
        }
        let discarded = (locked.take_ended(), locked.state.take_discarded());
        drop(locked);
        drop(discarded);
        result
    }
}

impl Locked {
    /// The task of the refresh that runs.
    pub(in crate::session) fn running(&self) -> Option<RefreshTask> {
        self.running.clone()
    }

    /// This task runs the refresh that the state has begun.
    pub(super) fn runs_in(&mut self, task: RefreshTask) {
        self.ended.extend(self.running.replace(task));
    }

    fn take_ended(&mut self) -> Vec<RefreshTask> {
        let state = &self.state;
        self.ended.extend(self.running.take_if(|task| !state.runs(task.id())));
        mem::take(&mut self.ended)
    }
}

//! What a login store has learnt of this machine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::watch, time::Instant};

use crate::{limits, net::warn_once::warn_once, store::StoreError};

#[derive(Debug, Default)]
pub(super) struct State {
    check: watch::Sender<Check>,
    known: Mutex<Known>,
}

/// Whether there is a keyring.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Check {
    #[default]
    NotBegun,
    Running,
    Ended {
        is_usable: bool,
    },
}

#[derive(Debug, Default)]
struct Known {
    why_no_keyring: Option<String>,
    /// Until when the keyring is not asked.
    paused_until: Option<Instant>,
    /// Whether somebody has given up waiting for it.
    did_not_answer: bool,
    kept_in_memory: bool,
    notice: Option<String>,
    left_behind: Vec<String>,
}

/// Where a login went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Files,
    Memory,
}

/// A check that has begun. It ends on the keyring's own thread, whoever still waits for it.
#[derive(Debug)]
pub(super) struct Checking {
    state: Arc<State>,
    ended: bool,
}

impl State {
    /// The right to check whether there is a keyring, if nobody has it or had it.
    pub(super) fn begin_check(self: &Arc<Self>) -> Option<Checking> {
        let begins = |check: &mut Check| match check {
            Check::NotBegun => {
                *check = Check::Running;
                true
            }
            Check::Running | Check::Ended { .. } => false,
        };
        self.check.send_if_modified(begins).then(|| Checking { state: Arc::clone(self), ended: false })
    }

    /// Whether there is a keyring, if that is known.
    pub(super) fn is_keyring_usable(&self) -> Option<bool> {
        self.check.borrow().outcome()
    }

    /// Waits for the check that runs. `None` for one that could not begin.
    pub(super) async fn end_of_check(&self) -> Option<bool> {
        let mut check = self.check.subscribe();
        let ended = check.wait_for(|check| *check != Check::Running).await;
        ended.ok().and_then(|check| check.outcome())
    }

    fn end_check(&self, outcome: &Result<(), StoreError>) {
        let mut known = self.known();
        // Whoever gave up did so for the time being.
        known.paused_until = None;
        known.did_not_answer = false;
        known.why_no_keyring = outcome.as_ref().err().map(|error| format!("{error:#}"));
        self.check.send_replace(Check::Ended { is_usable: outcome.is_ok() });
    }

    pub(super) fn keyring_failed(&self, why: String) {
        self.pause(why, false);
    }

    pub(super) fn keyring_did_not_answer(&self) {
        self.pause("the keyring did not answer".to_owned(), true);
    }

    fn pause(&self, why: String, did_not_answer: bool) {
        let mut known = self.known();
        known.why_no_keyring = Some(why);
        known.paused_until = Some(Instant::now() + limits::KEYRING_PAUSE);
        known.did_not_answer = did_not_answer;
    }

    /// Why the keyring is not asked at the moment. `is_busy`: it still does what it was asked for.
    pub(super) fn keyring_failure(&self, is_busy: bool) -> Option<StoreError> {
        let known = self.known();
        let is_paused = known.paused_until.is_some_and(|end| Instant::now() < end);
        let why = known.why_no_keyring.as_ref().filter(|_| is_paused || (known.did_not_answer && is_busy));
        why.map(StoreError::new)
    }

    pub(super) fn why_no_keyring(&self) -> Option<String> {
        self.known().why_no_keyring.clone()
    }

    pub(super) fn is_kept_in_memory(&self) -> bool {
        self.known().kept_in_memory
    }

    pub(super) fn report(&self, place: Report, notice: String) {
        warn_once("the login is not in the keyring", &notice);
        let mut known = self.known();
        known.kept_in_memory = place == Report::Memory;
        known.notice = Some(notice);
    }

    pub(super) fn kept_beyond_memory(&self) {
        self.known().kept_in_memory = false;
    }

    pub(super) fn take_notice(&self) -> Option<String> {
        self.known().notice.take()
    }

    pub(super) fn left<'a>(&self, names: impl Iterator<Item = &'a str>) {
        self.known().left_behind = names.map(str::to_owned).collect();
    }

    pub(super) fn left_behind(&self) -> Vec<String> {
        self.known().left_behind.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Check {
    fn outcome(self) -> Option<bool> {
        match self {
            Self::Ended { is_usable } => Some(is_usable),
            Self::NotBegun | Self::Running => None,
        }
    }
}

impl Checking {
    pub(super) fn ends(mut self, outcome: &Result<(), StoreError>) {
        self.ended = true;
        self.state.end_check(outcome);
    }
}

impl Drop for Checking {
    fn drop(&mut self) {
        match self.ended {
            true => {}
            false if std::thread::panicking() => self.state.end_check(&Err(StoreError::new("the keyring panicked"))),
            // It never began: somebody else may ask.
            false => drop(self.state.check.send_replace(Check::NotBegun)),
        }
    }
}

//! What a login store has learnt of this machine.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::{sync::OnceCell, time::Instant};

use crate::{limits, net::warn_once::warn_once, store::StoreError};

#[derive(Debug, Default)]
pub(super) struct State {
    /// Whether there is a keyring.
    pub(super) usable: OnceCell<bool>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    why_no_keyring: Option<String>,
    /// Until when the keyring is not asked.
    paused_until: Option<Instant>,
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

impl State {
    pub(super) fn no_keyring(&self, why: String) {
        self.known().why_no_keyring = Some(why);
    }

    pub(super) fn keyring_failed(&self, why: String) {
        let mut known = self.known();
        known.why_no_keyring = Some(why);
        known.paused_until = Some(Instant::now() + limits::KEYRING_PAUSE);
    }

    /// Why the keyring is not asked at the moment.
    pub(super) fn keyring_failure(&self) -> Option<StoreError> {
        let known = self.known();
        let why = known.why_no_keyring.as_ref().filter(|_| known.paused_until.is_some_and(|end| Instant::now() < end));
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

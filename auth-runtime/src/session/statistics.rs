//! What a session has done so far.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of what an authenticator did, for reports and metrics. Reading them costs a few atomic loads.
///
/// ```
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = auth_runtime::Authenticator::builder("https://flyte.example.com").build()?;
/// let statistics = authenticator.statistics();
/// assert_eq!((statistics.logins(), statistics.refreshes(), statistics.failures()), (0, 0, 0));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    logins: u64,
    refreshes: u64,
    failures: u64,
    replays: u64,
}

impl Statistics {
    /// Logins: credentials were issued and there had been none.
    pub fn logins(&self) -> u64 {
        self.logins
    }

    /// Refreshes: credentials were replaced.
    pub fn refreshes(&self) -> u64 {
        self.refreshes
    }

    /// Logins and refreshes that failed.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Calls that were sent again with new credentials.
    pub fn replays(&self) -> u64 {
        self.replays
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    logins: AtomicU64,
    refreshes: AtomicU64,
    failures: AtomicU64,
    replays: AtomicU64,
}

impl Counters {
    pub(crate) fn issued(&self, first: bool) {
        let counter = if first { &self.logins } else { &self.refreshes };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn replayed(&self) {
        self.replays.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> Statistics {
        Statistics {
            logins: self.logins.load(Ordering::Relaxed),
            refreshes: self.refreshes.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            replays: self.replays.load(Ordering::Relaxed),
        }
    }
}

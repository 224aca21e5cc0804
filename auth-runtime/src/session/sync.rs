//! The locks, tasks and clock of a session. A build for the model checker has its own, which let it decide who runs
//! next whenever one of them is used: see `model`.

use std::time::Duration;

use tokio::time::Instant;

#[cfg(all(test, shuttle))]
pub(super) use {
    super::model::{
        arc_swap::ArcSwap,
        runtime::{AbortHandle, Handle, RuntimeId, spawn},
        time::{sleep_until, timeout, timeout_at},
    },
    shuttle::{future::yield_now, sync::Mutex},
};
#[cfg(not(all(test, shuttle)))]
pub(super) use {
    arc_swap::ArcSwap,
    std::sync::Mutex,
    tokio::{
        runtime::{Handle, Id as RuntimeId},
        spawn,
        task::{AbortHandle, yield_now},
        time::{sleep_until, timeout, timeout_at},
    },
};

/// The monotonic clock.
#[cfg(not(all(test, shuttle)))]
#[inline]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[cfg(all(test, shuttle))]
pub(super) fn now() -> Instant {
    super::model::time::now()
}

/// Whether there is a runtime, without which no timer can be made.
pub(super) fn on_a_runtime() -> bool {
    this_runtime().is_some()
}

/// The runtime that this runs on.
pub(super) fn this_runtime() -> Option<RuntimeId> {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

/// The task that polls this, if one does.
#[cfg(not(all(test, shuttle)))]
pub(super) fn this_task() -> Option<tokio::task::Id> {
    tokio::task::try_id()
}

/// The checker's tasks have no number that others know them by.
#[cfg(all(test, shuttle))]
pub(super) fn this_task() -> Option<tokio::task::Id> {
    None
}

/// The moment that is so far ahead; for ever is a long time.
pub(super) fn after(duration: Duration) -> Instant {
    const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    let now = now();
    now.checked_add(duration).unwrap_or(now + FOR_EVER)
}

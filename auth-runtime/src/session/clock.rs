//! The two clocks that a token's lifetime is held on.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use super::sync::now;

/// Reads both clocks. The monotonic one is tokio's, so that tests can pause it; the wall clock can be replaced.
#[derive(Clone, Default)]
pub(crate) struct Clock {
    wall: Option<Arc<dyn Fn() -> SystemTime + Send + Sync>>,
}

impl Clock {
    pub(crate) fn with_wall(wall: Arc<dyn Fn() -> SystemTime + Send + Sync>) -> Self {
        Self { wall: Some(wall) }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment { monotonic: now(), wall: self.wall.as_ref().map_or_else(SystemTime::now, |wall| wall()) }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}

/// One point in time on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) monotonic: Instant,
    pub(crate) wall: SystemTime,
}

impl Moment {
    /// Whether either clock has come this far: a laptop that slept stops the monotonic clock, and a corrected wall
    /// clock jumps. The pessimist of the two is right about a token.
    pub(crate) fn reached(&self, now: &Self) -> bool {
        now.monotonic >= self.monotonic || now.wall >= self.wall
    }

    /// Saturates instead of overflowing: providers have sent lifetimes of 10^12 seconds.
    pub(crate) fn after(&self, duration: Duration) -> Self {
        Self {
            monotonic: self.monotonic.checked_add(duration).unwrap_or(self.monotonic),
            wall: self.wall.checked_add(duration).unwrap_or(self.wall),
        }
    }

    pub(crate) fn before(&self, duration: Duration) -> Self {
        Self {
            monotonic: self.monotonic.checked_sub(duration).unwrap_or(self.monotonic),
            wall: self.wall.checked_sub(duration).unwrap_or(self.wall),
        }
    }
}

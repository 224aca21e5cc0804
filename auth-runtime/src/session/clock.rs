//! The two clocks of a session.

use std::{fmt, sync::Arc, time::SystemTime};

use super::{core::Moment, sync::now};

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

//! A point in time on the two clocks that a token's lifetime is held on.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Moment {
        Moment { monotonic: Instant::now(), wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) }
    }

    #[test]
    fn a_moment_has_come_when_either_clock_says_so() {
        let start = start();
        let (second, target) = (Duration::from_secs(1), start.after(Duration::from_secs(10)));
        for (monotonic, wall, reached) in [(0, 0, false), (9, 9, false), (10, 0, true), (0, 10, true), (11, 11, true)] {
            let now = Moment { monotonic: start.monotonic + second * monotonic, wall: start.wall + second * wall };
            assert_eq!(target.reached(&now), reached, "{monotonic} s and {wall} s later");
        }
    }

    #[test]
    fn a_duration_that_no_clock_can_hold_changes_nothing() {
        let start = start();
        for beyond in [start.after(Duration::MAX), start.before(Duration::MAX)] {
            assert_eq!(beyond, start);
        }
        let second = Duration::from_secs(1);
        assert_eq!(start.after(second).before(second), start);
    }
}

//! The pause after a failure.

use std::time::Duration;

use tokio::time::Instant;

use crate::{AuthError, limits::Limits};

/// Counts failures in a row and says until when not to try again.
#[derive(Debug, Default)]
pub(crate) struct BackOff {
    failures: u32,
    pause: Option<Pause>,
}

#[derive(Debug)]
struct Pause {
    until: Instant,
    error: AuthError,
    /// Whether calls that have the time wait for its end.
    worth_waiting: bool,
}

impl BackOff {
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// `asked` says whether a person took part, who would have to do so again; `jitter` is a random number from 0 to 1.
    pub(crate) fn failed(&mut self, error: AuthError, asked: bool, now: Instant, limits: &Limits, jitter: f64) {
        let mut pause = pause(self.failures, limits, jitter);
        if let Some(retry_after) = error.retry_after() {
            pause = pause.max(retry_after.min(limits.retry_after_max));
        }
        self.failures = self.failures.saturating_add(1);
        // Where no pause is wanted, nobody could be kept from asking without end.
        let worth_waiting = error.is_worth_waiting() && !asked && !pause.is_zero();
        self.pause = Some(Pause { until: now + pause, error, worth_waiting });
    }

    /// The error that still stands: calls fail with it at once instead of asking again.
    pub(crate) fn standing_error(&self, now: Instant) -> Option<&AuthError> {
        self.pause.as_ref().filter(|pause| now < pause.until).map(|pause| &pause.error)
    }

    /// When somebody who was told of a failure may ask again, if that is worth it: the failure may pass by itself. The
    /// pause may be over by now, and another attempt may even have succeeded.
    pub(crate) fn again_at(&self, now: Instant) -> Option<Instant> {
        match &self.pause {
            None => Some(now),
            Some(pause) => pause.worth_waiting.then_some(pause.until),
        }
    }
}

/// The pause after so many earlier failures.
pub(crate) fn pause(earlier: u32, limits: &Limits, jitter: f64) -> Duration {
    // The bound keeps the power finite, for any factor that is not itself beyond reason.
    let factor = limits.back_off_factor.powi(earlier.min(32) as i32);
    let pause = limits.back_off_first.as_secs_f64() * factor;
    let spread = 1.0 + limits.back_off_jitter * (2.0 * jitter.clamp(0.0, 1.0) - 1.0);
    Duration::try_from_secs_f64(pause * spread).unwrap_or(limits.back_off_max).min(limits.back_off_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_with_each_failure_and_is_by_chance_up_to_a_fifth_shorter_or_longer() {
        let limits = Limits::default();
        for (earlier, expected) in [(0, 1.0), (1, 1.6), (2, 2.56)] {
            for (jitter, spread) in [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)] {
                let pause = pause(earlier, &limits, jitter).as_secs_f64();
                assert!((pause - expected * spread).abs() < 1e-6, "{earlier}, {jitter}: {pause}");
            }
        }
        assert_eq!(pause(1000, &limits, 1.0), limits.back_off_max);
    }
}

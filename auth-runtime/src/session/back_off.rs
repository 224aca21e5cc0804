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
        let worth_waiting = error.may_pass() && !asked;
        self.pause = Some(Pause { until: now + pause, error, worth_waiting });
    }

    /// The error that still stands: calls fail with it at once instead of asking again.
    pub(crate) fn standing_error(&self, now: Instant) -> Option<&AuthError> {
        self.standing(now).map(|pause| &pause.error)
    }

    /// The end of the pause, if the failure may pass by itself meanwhile.
    pub(crate) fn worth_waiting_until(&self, now: Instant) -> Option<Instant> {
        self.standing(now).filter(|pause| pause.worth_waiting).map(|pause| pause.until)
    }

    fn standing(&self, now: Instant) -> Option<&Pause> {
        self.pause.as_ref().filter(|pause| now < pause.until)
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

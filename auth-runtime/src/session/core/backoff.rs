//! The pause after a failed refresh.

use std::time::Duration;

use tokio::time::Instant;

use super::ended_login::LoginEnding;
use crate::{AuthError, limits::Limits};

/// Counts failures in a row and says until when not to try again.
///
/// An error may hold what a user's flow put into it, whose drop is the user's code. Errors that are replaced are
/// returned, for whoever drops them without a lock.
#[derive(Debug, Default)]
pub(super) struct Backoff {
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

impl Backoff {
    #[must_use = "an error is dropped without a lock"]
    pub(super) fn succeeded(&mut self) -> Option<AuthError> {
        self.failures = 0;
        self.pause.take().map(|pause| pause.error)
    }

    /// `asked` says whether a person took part, who would have to do so again; `jitter` is a random number from 0 to 1.
    #[must_use = "an error is dropped without a lock"]
    pub(super) fn failed(
        &mut self,
        error: AuthError,
        asked: bool,
        now: Instant,
        limits: &Limits,
        jitter: f64,
    ) -> Option<AuthError> {
        let mut length = pause(self.failures, limits, jitter);
        if let Some(retry_after) = error.retry_after() {
            length = length.max(retry_after.min(limits.retry_after_max));
        }
        if asked && LoginEnding::of(&error).is_some() {
            length = length.max(limits.person_pause);
        }
        self.failures = self.failures.saturating_add(1);
        // Where no pause is wanted, nobody could be kept from asking without end.
        let worth_waiting = error.is_worth_waiting() && !asked && !length.is_zero();
        let replaced = self.pause.replace(Pause { until: now + length, error, worth_waiting });
        replaced.map(|pause| pause.error)
    }

    /// The error that still stands: calls fail with it instead of asking again.
    pub(super) fn standing_error(&self, now: Instant) -> Option<&AuthError> {
        self.pause.as_ref().filter(|pause| now < pause.until).map(|pause| &pause.error)
    }

    /// When somebody who was told of a failure may ask again, if that is worth it: the failure may pass by itself. The
    /// pause may be over by now, and another attempt may even have succeeded.
    pub(super) fn again_at(&self, now: Instant) -> Option<Instant> {
        match &self.pause {
            None => Some(now),
            Some(pause) => pause.worth_waiting.then_some(pause.until),
        }
    }
}

/// The pause after so many earlier failures.
pub(super) fn pause(earlier: u32, limits: &Limits, jitter: f64) -> Duration {
    // The bound keeps the power finite, for any factor that is not itself beyond reason.
    let factor = limits.backoff_factor.powi(earlier.min(32) as i32);
    let pause = limits.backoff_first.as_secs_f64() * factor;
    let spread = 1.0 + limits.backoff_jitter * (2.0 * jitter.clamp(0.0, 1.0) - 1.0);
    Duration::try_from_secs_f64(pause * spread).unwrap_or(limits.backoff_max).min(limits.backoff_max)
}

#[cfg(test)]
mod tests;

//! Limits that cannot work are told when the authenticator is built, not when a clock overflows.

use std::time::Duration;

use super::{Limits, MAX_TOKEN_LIFETIME};
use crate::AuthError;

impl Limits {
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) naming the limit, and what it may be.
    pub(crate) fn check(&self) -> Result<(), AuthError> {
        let pauses = [("refresh_window", self.refresh_window), ("backoff_max", self.backoff_max)];
        for (name, duration) in self.timeouts().chain(pauses) {
            require(duration <= MAX_TOKEN_LIFETIME, || format!("{name} is longer than ten years; make it shorter"))?;
        }
        for (name, duration) in self.timeouts() {
            require(!duration.is_zero(), || format!("{name} is zero, so nothing could come in time; make it longer"))?;
        }
        require(self.max_token_bytes >= 1, || "max_token_bytes is 0; it must be 1 at least".to_owned())
    }

    fn timeouts(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let others = [
            ("http_attempt_timeout", self.http_attempt_timeout),
            ("connect_timeout", self.connect_timeout),
            ("discovery_timeout", self.discovery_timeout),
            ("store_timeout", self.store_timeout),
        ];
        others.into_iter().chain(self.login_timeout.map(|timeout| ("login_timeout", timeout)))
    }
}

fn require(holds: bool, reason: impl FnOnce() -> String) -> Result<(), AuthError> {
    if holds { Ok(()) } else { Err(AuthError::configuration("limits", reason())) }
}

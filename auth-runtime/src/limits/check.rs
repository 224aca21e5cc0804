//! Limits that cannot work are told when the authenticator is built, not when a clock overflows.

use std::time::Duration;

use super::{Limits, MAX_TOKEN_LIFETIME};
use crate::AuthError;

impl Limits {
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) naming the limit, and what it may be.
    pub(crate) fn check(&self) -> Result<(), AuthError> {
        for (name, duration) in self.durations() {
            require(duration <= MAX_TOKEN_LIFETIME, || format!("{name} is longer than ten years; make it shorter"))?;
        }
        for (name, duration) in self.timeouts() {
            require(!duration.is_zero(), || format!("{name} is zero, so nothing could come in time; make it longer"))?;
        }
        for (name, fraction) in
            [("refresh_window_jitter", self.refresh_window_jitter), ("back_off_jitter", self.back_off_jitter)]
        {
            require((0.0..=1.0).contains(&fraction), || format!("{name} is {fraction}; it must be from 0 to 1"))?;
        }
        for (name, divisor) in [
            ("refresh_window_lifetime_divisor", self.refresh_window_lifetime_divisor),
            ("expiry_margin_lifetime_divisor", self.expiry_margin_lifetime_divisor),
            ("device_back_off_factor", self.device_back_off_factor),
        ] {
            require(divisor >= 1, || format!("{name} is 0; it must be 1 at least"))?;
        }
        let factor = self.back_off_factor;
        require((1.0..=100.0).contains(&factor), || format!("back_off_factor is {factor}; it must be from 1 to 100"))?;
        // hyper reads no head into less.
        let head = self.callback_head_bytes;
        require(head >= 8192, || format!("callback_head_bytes is {head}; it must be 8192 at least"))?;
        for (name, count) in [
            ("callback_connections", self.callback_connections),
            ("max_attempts", usize::from(self.max_attempts)),
            ("max_token_bytes", self.max_token_bytes),
            ("max_response_bytes", self.max_response_bytes),
        ] {
            require(count >= 1, || format!("{name} is 0; it must be 1 at least"))?;
        }
        Ok(())
    }

    fn durations(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let others = [
            ("refresh_window", self.refresh_window),
            ("expiry_margin", self.expiry_margin),
            ("max_token_lifetime", self.max_token_lifetime),
            ("back_off_first", self.back_off_first),
            ("back_off_max", self.back_off_max),
            ("flight_margin", self.flight_margin),
            ("retry_after_max", self.retry_after_max),
            ("callback_page_timeout", self.callback_page_timeout),
            ("min_device_interval", self.min_device_interval),
            ("device_back_off_max", self.device_back_off_max),
            ("stored_token_margin", self.stored_token_margin),
        ];
        others.into_iter().chain(self.timeouts())
    }

    fn timeouts(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let others = [
            ("http_attempt_timeout", self.http_attempt_timeout),
            ("callback_head_timeout", self.callback_head_timeout),
            ("max_device_code_lifetime", self.max_device_code_lifetime),
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

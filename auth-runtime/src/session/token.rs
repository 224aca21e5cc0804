//! Credentials as the session holds them: ready to be attached, with their generation and their times.

use std::time::Duration;

use super::clock::{Clock, Moment};
use crate::{
    AuthError, Credentials,
    credentials::Lifetime,
    limits::Limits,
    net::header::{self, AuthHeader},
};

/// Credentials that were issued to this session.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) credentials: Credentials,
    pub(crate) header: AuthHeader,
    /// Counts the tokens of a session. What a server rejected is remembered by this number, so that the rejection of
    /// an old token, however late it comes, says nothing about its successor.
    pub(crate) generation: u64,
    times: Option<Times>,
}

#[derive(Debug, Clone, Copy)]
struct Times {
    refresh_at: Moment,
    stale_at: Moment,
    ends_at: Moment,
}

/// What a token's age allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Use it.
    Fresh,
    /// Use it, and refresh it meanwhile.
    RefreshSoon,
    /// Refresh first; it may still be used where that fails.
    Stale,
    /// Over.
    Ended,
}

impl Token {
    /// Checks that the credentials can be sent, and fixes their times.
    ///
    /// `requested_at` is when the flow was asked; `jitter` is a random number from 0 to 1.
    pub(crate) fn new(
        credentials: Credentials,
        header_key: &str,
        generation: u64,
        requested_at: Moment,
        now: Moment,
        limits: &Limits,
        jitter: f64,
    ) -> Result<Self, AuthError> {
        let header = AuthHeader {
            key: header::parse_key(header_key)?,
            value: header::value(&credentials, limits.max_token_bytes)?,
        };
        let times = match credentials.lifetime() {
            Lifetime::Unknown => None,
            Lifetime::For { expires_in, requested_at: later } => {
                let age = later.map_or_else(
                    || now.monotonic.saturating_duration_since(requested_at.monotonic),
                    |at| now.monotonic.saturating_duration_since(at),
                );
                Some(Times::new(now.before(age), expires_in, limits, jitter))
            }
            Lifetime::Until(expires_at) => {
                let left = expires_at.duration_since(now.wall).unwrap_or_default();
                Some(Times::new(now, left, limits, jitter))
            }
        };
        let credentials = match times {
            Some(times) => credentials.with_expires_at(times.ends_at.wall),
            None => credentials,
        };
        Ok(Self { credentials, header, generation, times })
    }

    /// Whether it can go out and nothing has to be done about it. Asks the time only of a token that has an end.
    pub(crate) fn is_fresh(&self, clock: &Clock) -> bool {
        self.times.is_none() || self.freshness(&clock.now()) == Freshness::Fresh
    }

    /// Whether its time is not over. Asks the time only of a token that has an end.
    pub(crate) fn is_valid(&self, clock: &Clock) -> bool {
        self.times.is_none() || self.freshness(&clock.now()) != Freshness::Ended
    }

    pub(crate) fn freshness(&self, now: &Moment) -> Freshness {
        match &self.times {
            None => Freshness::Fresh,
            Some(times) if !times.refresh_at.reached(now) => Freshness::Fresh,
            Some(times) if !times.stale_at.reached(now) => Freshness::RefreshSoon,
            Some(times) if !times.ends_at.reached(now) => Freshness::Stale,
            Some(_) => Freshness::Ended,
        }
    }
}

impl Times {
    fn new(start: Moment, lifetime: Duration, limits: &Limits, jitter: f64) -> Self {
        let lifetime = lifetime.min(limits.max_token_lifetime);
        let ends_at = start.after(lifetime);
        let (margin, window) = (expiry_margin(lifetime, limits), refresh_window(lifetime, limits, jitter));
        Self { refresh_at: ends_at.before(window), stale_at: ends_at.before(margin), ends_at }
    }
}

/// How long before its end a token counts as expired.
fn expiry_margin(lifetime: Duration, limits: &Limits) -> Duration {
    limits.expiry_margin.min(lifetime / limits.expiry_margin_lifetime_divisor.max(1))
}

/// How long before its end a token is refreshed in the background: shorter for a short lifetime, and by chance. `jitter`
/// is a random number from 0 to 1.
pub fn refresh_window(lifetime: Duration, limits: &Limits, jitter: f64) -> Duration {
    let window = limits.refresh_window.min(lifetime / limits.refresh_window_lifetime_divisor.max(1));
    let shortened = window.mul_f64(1.0 - limits.refresh_window_jitter.clamp(0.0, 1.0) * jitter.clamp(0.0, 1.0));
    shortened.max(expiry_margin(lifetime, limits))
}

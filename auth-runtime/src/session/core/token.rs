//! Credentials as the session holds them: ready to be attached, with their generation and their times.

use std::time::Duration;

use tokio::time::Instant;

use super::Moment;
use crate::{AuthError, Credentials, credentials::Lifetime, limits::Limits, net::header::AuthHeader};

/// Credentials of this session.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) credentials: Credentials,
    pub(crate) header: AuthHeader,
    /// Counts the tokens of a session. What a server rejected is remembered by this number, so that the rejection of
    /// an old token, however late it comes, says nothing about its successor.
    pub(crate) generation: u64,
    times: Option<Times>,
    /// When a provider issued it to this session. `None` for one that was handed in or had been stored.
    issued_at: Option<Instant>,
    /// How long it has to serve before it counts as one that helped.
    trial: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Times {
    refresh_at: Moment,
    stale_at: Moment,
    expires_at: Moment,
}

/// What a token's age allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Use it.
    Fresh,
    /// Use it, and refresh it meanwhile.
    RefreshSoon,
    /// Refresh first; it may still be used where that fails.
    Stale,
    /// Never use it.
    Expired,
}

impl Token {
    /// Checks that the credentials can be sent, and fixes their times. The session gives the generation.
    ///
    /// `requested_at` is when the flow was asked; `jitter` is a random number from 0 to 1.
    pub(in crate::session) fn new(
        credentials: Credentials,
        header_key: &str,
        requested_at: &Moment,
        now: &Moment,
        limits: &Limits,
        jitter: f64,
    ) -> Result<Self, AuthError> {
        let header = AuthHeader::new(header_key, &credentials, limits.max_token_bytes)?;
        let life = match credentials.lifetime() {
            Lifetime::Unknown => None,
            Lifetime::For { expires_in, requested_at: later } => {
                let age = now.monotonic.saturating_duration_since(later.unwrap_or(requested_at.monotonic));
                Some((now.before(age), expires_in))
            }
            Lifetime::Until(expires_at) => Some((*now, expires_at.duration_since(now.wall).unwrap_or_default())),
        };
        let times = life.map(|(start, lifetime)| Times::new(start, lifetime, limits, jitter));
        let trial = life.map_or(limits.early_rejection, |(_, lifetime)| trial(lifetime, limits));
        let credentials = match times {
            Some(times) => credentials.with_expires_at(times.expires_at.wall),
            None => credentials,
        };
        Ok(Self { credentials, header, generation: 0, times, issued_at: None, trial })
    }

    /// The same, which a provider has issued just now.
    pub(in crate::session) fn issued(mut self, now: &Moment) -> Self {
        self.issued_at = Some(now.monotonic);
        self
    }

    /// Whether it can go out and nothing has to be done about it. Asks for the time only if the token expires at some time.
    #[inline]
    pub(in crate::session) fn is_fresh(&self, now: impl FnOnce() -> Moment) -> bool {
        self.times.is_none() || self.freshness(&now()) == Freshness::Fresh
    }

    /// Whether it can go out, even if something has to be done about it. Asks the time as [`is_fresh`](Self::is_fresh).
    pub(in crate::session) fn is_valid(&self, now: impl FnOnce() -> Moment) -> bool {
        self.times.is_none() || self.freshness(&now()) != Freshness::Expired
    }

    pub(super) fn is_stale(&self, now: &Moment) -> bool {
        self.freshness(now) == Freshness::Stale
    }

    pub(super) fn freshness(&self, now: &Moment) -> Freshness {
        match &self.times {
            None => Freshness::Fresh,
            Some(times) if !times.refresh_at.reached(now) => Freshness::Fresh,
            Some(times) if !times.stale_at.reached(now) => Freshness::RefreshSoon,
            Some(times) if !times.expires_at.reached(now) => Freshness::Stale,
            Some(_) => Freshness::Expired,
        }
    }

    /// Whether it has yet to show that it helps. `None` for one that no provider issued to this session.
    pub(super) fn is_on_trial(&self, now: Instant) -> Option<bool> {
        self.issued_at.map(|issued_at| now.saturating_duration_since(issued_at) < self.trial)
    }

    /// The token takes the place of one that is the same: what is known about that one holds for it.
    pub(super) fn in_place_of(&mut self, same: &Self) {
        self.generation = same.generation;
        self.issued_at = same.issued_at;
    }
}

impl Times {
    fn new(start: Moment, lifetime: Duration, limits: &Limits, jitter: f64) -> Self {
        let lifetime = lifetime.min(limits.max_token_lifetime);
        let expires_at = start.after(lifetime);
        let (margin, window) = (expiry_margin(lifetime, limits), refresh_window(lifetime, limits, jitter));
        Self { refresh_at: expires_at.before(window), stale_at: expires_at.before(margin), expires_at }
    }
}

fn trial(lifetime: Duration, limits: &Limits) -> Duration {
    limits.early_rejection.min(lifetime / limits.early_rejection_lifetime_divisor.max(1))
}

/// How long before its expiry a token counts as expired.
fn expiry_margin(lifetime: Duration, limits: &Limits) -> Duration {
    limits.expiry_margin.min(lifetime / limits.expiry_margin_lifetime_divisor.max(1))
}

/// How long before its expiry a token is refreshed in the background: shorter for a short lifetime, and by chance. `jitter`
/// is a random number from 0 to 1.
pub fn refresh_window(lifetime: Duration, limits: &Limits, jitter: f64) -> Duration {
    let window = limits.refresh_window.min(lifetime / limits.refresh_window_lifetime_divisor.max(1));
    let shortened = window.mul_f64(1.0 - limits.refresh_window_jitter.clamp(0.0, 1.0) * jitter.clamp(0.0, 1.0));
    shortened.max(expiry_margin(lifetime, limits))
}

#[cfg(test)]
mod tests;

//! When a stored access token can be used without asking the provider.

use std::time::SystemTime;

use super::Moment;
use crate::{Credentials, credentials::Lifetime, limits::Limits, net::header};

/// Whether the access token can be sent, and is worth it.
pub(in crate::session) fn is_usable(credentials: &Credentials, now: &Moment, limits: &Limits) -> bool {
    let lasts = expires_at(credentials, now, limits).is_none_or(|expires_at| {
        expires_at.duration_since(now.wall).is_ok_and(|left| left > limits.stored_token_margin)
    });
    lasts && header::value(credentials, limits.max_token_bytes).is_ok()
}

/// When the access token expires in wall time, if that is known.
pub(in crate::session) fn expires_at(credentials: &Credentials, now: &Moment, limits: &Limits) -> Option<SystemTime> {
    match credentials.lifetime() {
        Lifetime::Unknown => None,
        Lifetime::Until(expires_at) => Some(expires_at),
        Lifetime::For { expires_in, requested_at } => {
            let age = requested_at.map(|at| now.monotonic.saturating_duration_since(at)).unwrap_or_default();
            Some(now.before(age).after(expires_in.min(limits.max_token_lifetime)).wall)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    #[test]
    fn a_stored_token_is_used_while_it_lasts_a_little_longer_and_a_header_can_carry_it() {
        let limits = Limits::default();
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let now = Moment { monotonic: Instant::now(), wall };
        let second = Duration::from_secs(1);
        let margin = limits.stored_token_margin;
        let rows = [
            ("no expiry is known", Credentials::new("token"), true),
            ("it lasts", Credentials::new("token").with_expires_at(wall + margin + second), true),
            ("it expires soon", Credentials::new("token").with_expires_at(wall + margin), false),
            ("it has expired", Credentials::new("token").with_expires_at(wall - second), false),
            ("it lasts for a time", Credentials::new("token").with_expires_in(margin + second), true),
            ("for too short a time", Credentials::new("token").with_expires_in(margin), false),
            ("no header can carry it", Credentials::new("to\nken"), false),
            ("it is empty", Credentials::new(""), false),
        ];
        for (what, credentials, usable) in rows {
            assert_eq!(is_usable(&credentials, &now, &limits), usable, "{what}");
        }
        let old = Credentials::new("token")
            .with_expires_in_since(second * 60, now.monotonic.checked_sub(second * 10).unwrap_or(now.monotonic));
        assert_eq!(expires_at(&old, &now, &limits), Some(wall + second * 50));
        let for_ever = Credentials::new("token").with_expires_in(Duration::MAX);
        assert_eq!(expires_at(&for_ever, &now, &limits), Some(wall + limits.max_token_lifetime));
    }
}

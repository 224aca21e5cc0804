//! What it means that a provider refuses a refresh token (RFC 6749 section 5.2): decided here and nowhere else.
//!
//! Providers say the same thing in many ways. An expired refresh token is `invalid_grant` by the book, `invalid_request`
//! to some, `invalid_token` under 401 to others, and HTTP 500 `server_error` to those that cannot read a token which
//! they have signed with a key that is gone.

/// What follows a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum Refused {
    /// The refresh token is rejected for good: the full login follows.
    LogIn,
    /// The full login follows if another try with the same refresh token is refused as well: the provider may have had
    /// a bad moment.
    TryAgain,
    /// Nothing: it passes by itself.
    Transient,
    /// Nothing: a login would be refused for the same reason.
    Permanent,
}

/// `status` is that of the response, if there was one. `by_hand` says that somebody
/// asked for a login, which no refusal of a refresh token is to stand in the way of.
pub(in crate::session) fn refused(code: &str, status: Option<u16>, by_hand: bool) -> Refused {
    let server_error = status.is_some_and(|status| (500..600).contains(&status));
    match code {
        "temporarily_unavailable" | "slow_down" => Refused::Transient,
        _ if status == Some(429) => Refused::Transient,
        "server_error" => Refused::TryAgain,
        "invalid_client" | "unauthorized_client" | "unsupported_grant_type" | "invalid_scope" | "invalid_target"
            if !by_hand =>
        {
            Refused::Permanent
        }
        _ if server_error => Refused::TryAgain,
        "invalid_grant"
        | "invalid_token"
        | "invalid_request"
        | "access_denied"
        | "interaction_required"
        | "login_required"
        | "consent_required"
        | "account_selection_required"
        | "mfa_required" => Refused::LogIn,
        _ if by_hand => Refused::LogIn,
        // Some say everything under 200.
        _ if matches!(status, None | Some(200 | 400 | 401)) => Refused::LogIn,
        _ => Refused::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Refused::{LogIn, Permanent, Transient, TryAgain},
        *,
    };

    /// What follows while a call waits, and what follows when somebody logs in by hand.
    #[test]
    fn what_a_refused_refresh_token_leads_to() {
        let rows = [
            ("invalid_grant", None, LogIn, LogIn),
            ("invalid_grant", Some(400), LogIn, LogIn),
            ("invalid_grant", Some(403), LogIn, LogIn),
            ("invalid_grant", Some(500), TryAgain, TryAgain),
            ("invalid_token", Some(401), LogIn, LogIn),
            ("invalid_request", Some(400), LogIn, LogIn),
            ("access_denied", Some(403), LogIn, LogIn),
            ("interaction_required", Some(400), LogIn, LogIn),
            ("login_required", Some(400), LogIn, LogIn),
            ("consent_required", Some(400), LogIn, LogIn),
            ("not_allowed", None, LogIn, LogIn),
            ("not_allowed", Some(400), LogIn, LogIn),
            ("not_allowed", Some(401), LogIn, LogIn),
            ("bad_refresh_token", Some(200), LogIn, LogIn),
            ("mfa_required", Some(403), LogIn, LogIn),
            ("account_selection_required", Some(403), LogIn, LogIn),
            ("invalid_client", Some(200), Permanent, LogIn),
            ("not_allowed", Some(403), Permanent, LogIn),
            ("not_allowed", Some(503), TryAgain, TryAgain),
            ("server_error", None, TryAgain, TryAgain),
            ("server_error", Some(400), TryAgain, TryAgain),
            ("server_error", Some(500), TryAgain, TryAgain),
            ("temporarily_unavailable", Some(400), Transient, Transient),
            ("temporarily_unavailable", Some(503), Transient, Transient),
            ("slow_down", Some(400), Transient, Transient),
            ("invalid_grant", Some(429), Transient, Transient),
            ("server_error", Some(429), Transient, Transient),
            ("invalid_client", Some(401), Permanent, LogIn),
            ("invalid_client", Some(500), Permanent, TryAgain),
            ("unauthorized_client", Some(400), Permanent, LogIn),
            ("unsupported_grant_type", Some(400), Permanent, LogIn),
            ("invalid_scope", Some(400), Permanent, LogIn),
            ("invalid_target", Some(400), Permanent, LogIn),
        ];
        for (code, status, for_a_call, by_hand) in rows {
            assert_eq!(refused(code, status, false), for_a_call, "{code} {status:?}, while a call waits");
            assert_eq!(refused(code, status, true), by_hand, "{code} {status:?}, for a login by hand");
        }
    }
}

//! A login that is kept, in words.

use std::time::SystemTime;

use auth_runtime::Credentials;

/// How long it lasts, and what comes then.
pub(crate) fn describe(stored: &Credentials) -> String {
    let refresh = if stored.refresh_token().is_some() { "can be refreshed" } else { "cannot be refreshed" };
    match stored.expires_at().map(|end| end.duration_since(SystemTime::now())) {
        Some(Ok(left)) => format!("the token lasts {} s and {refresh}", left.as_secs()),
        Some(Err(_)) => format!("the token has expired and {refresh}"),
        None => format!("the token says not how long it lasts; it {refresh}"),
    }
}

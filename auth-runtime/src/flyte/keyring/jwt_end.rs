//! When an access token ends, where it says so itself.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    exp: f64,
}

/// The `exp` of a JWT (RFC 7519 section 4.1.4); `None` for any other token.
///
/// Nothing is verified: it only saves a call with a token that cannot be good any more, for layouts that do not store
/// the end.
pub(super) fn jwt_end(token: &str) -> Option<SystemTime> {
    let mut parts = token.split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(claims.exp).ok()?)
}

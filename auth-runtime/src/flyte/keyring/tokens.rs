//! Tokens of other programs, as credentials.

use super::jwt_end::jwt_end;
use crate::Credentials;

/// Credentials from tokens that may be missing or empty. Without an access token a refresh token is enough for new
/// ones; without both there are no credentials.
pub(super) fn credentials(access_token: Option<&str>, refresh_token: Option<&str>) -> Option<Credentials> {
    let present = |token: Option<&str>| token.filter(|token| !token.is_empty()).map(str::to_owned);
    let credentials = match (present(access_token), present(refresh_token)) {
        (Some(access_token), None) => Credentials::new(access_token),
        (Some(access_token), Some(refresh_token)) => Credentials::new(access_token).with_refresh_token(refresh_token),
        (None, Some(refresh_token)) => Credentials::new("").with_refresh_token(refresh_token),
        (None, None) => return None,
    };
    Some(match access_token.and_then(jwt_end) {
        Some(end) => credentials.with_expires_at(end),
        None => credentials,
    })
}

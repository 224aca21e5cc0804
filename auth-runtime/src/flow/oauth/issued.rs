//! From a token response to the credentials that calls carry.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use crate::{AuthError, Credentials};

/// Which of the tokens of a login is sent to the server, and how.
#[derive(Debug, Clone, Default)]
pub(super) struct SentToken {
    /// What stands before the token in the header, whatever the provider calls the token's type.
    pub(super) token_type: Option<String>,
    /// The id token is sent in the place of the access token.
    pub(super) is_id_token: bool,
}

impl SentToken {
    /// The credentials as they are sent. Where a refresh brings no id token the one of `previous` stays (OpenID Connect
    /// Core 1.0, section 12.2).
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::InvalidResponse`](crate::AuthErrorKind::InvalidResponse) where there is none at all.
    pub(super) fn of(&self, issued: Credentials, previous: Option<&Credentials>) -> Result<Credentials, AuthError> {
        let issued = match &self.token_type {
            Some(token_type) => issued.with_token_type(token_type),
            None => issued,
        };
        if !self.is_id_token {
            return Ok(issued);
        }
        let Some(id_token) = issued.id_token().or_else(|| previous?.id_token()) else {
            return Err(AuthError::invalid_response(
                "the token request",
                "it holds no id token, which is to be sent; ask for the scope `openid`",
            ));
        };
        let id_token = id_token.expose_secret().to_owned();
        let end = end_of(&id_token);
        Ok(issued.with_id_token(&id_token).in_place_of_access_token(id_token, end))
    }
}

#[derive(Deserialize)]
struct Claims {
    exp: f64,
}

/// The `exp` of an id token (OpenID Connect Core 1.0, section 2). `expires_in` is about the access token. Nothing is
/// verified: that is the server's to do, which gets it.
fn end_of(id_token: &str) -> Option<SystemTime> {
    let claims = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    let Claims { exp } = serde_json::from_slice(&claims).ok()?;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(exp).ok()?)
}

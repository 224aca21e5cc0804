//! Who asks for a token: HTTP Basic or the request's body, one of them (RFC 6749 section 2.3).

use std::collections::HashMap;

use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;

use super::grant_error::GrantError;

/// A client's name and what proves it, if anything does.
pub(super) struct ClientAuthentication {
    pub(super) id: String,
    pub(super) secret: Option<SecretString>,
}

impl ClientAuthentication {
    pub(super) fn read(headers: &HeaderMap, form: &HashMap<String, String>) -> Result<Self, GrantError> {
        let (id, secret) = (form.get("client_id"), form.get("client_secret"));
        match (headers.get(header::AUTHORIZATION), id) {
            (Some(_), _) if secret.is_some() => {
                Err(GrantError::InvalidRequest("more than one way of client authentication"))
            }
            (Some(value), _) => value.to_str().ok().and_then(basic).ok_or(GrantError::InvalidClient),
            (None, Some(id)) => Ok(Self { id: id.clone(), secret: secret.cloned().map(Into::into) }),
            (None, None) => Err(GrantError::InvalidRequest("no client is named")),
        }
    }
}

/// RFC 6749 section 2.3.1: identifier and secret are each form-encoded before HTTP Basic joins them by a colon.
fn basic(value: &str) -> Option<ClientAuthentication> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some(ClientAuthentication { id: form_decode(id)?, secret: Some(form_decode(secret)?.into()) })
}

fn form_decode(encoded: &str) -> Option<String> {
    let spaced = encoded.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Into::into)
}

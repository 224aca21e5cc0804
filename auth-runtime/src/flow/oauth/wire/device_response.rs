//! What device authorization endpoints really answer, brought into the form that RFC 8628 section 3.2 defines.

use oauth2::HttpResponse;

use super::response::{self, Fields, ProviderResponse, Sent, seconds, text};
use crate::{AuthError, limits};

/// Rewrites a response so that the `oauth2` crate understands it. Numbers are read as leniently as those of a token
/// endpoint. An `interval` that is malformed counts as absent, which means 5 seconds.
///
/// # Errors
///
/// As [`response::normalise`].
pub(crate) fn normalise(sent: Sent<'_>, response: HttpResponse) -> Result<HttpResponse, AuthError> {
    response::normalise(sent, response, device_code)
}

fn device_code(response: &ProviderResponse<'_>, mut fields: Fields) -> Result<Fields, AuthError> {
    // Older than the RFC, and still said by some.
    if let Some(url) = fields.remove("verification_url") {
        fields.entry("verification_uri").or_insert(url);
    }
    for name in ["device_code", "user_code", "verification_uri"] {
        if text(&fields, name).is_none() {
            return Err(response.unusable(&format!("{} without a {name}", response.kind())));
        }
    }
    for name in ["interval", "expires_in"] {
        if let Some(value) = fields.remove(name)
            && let Some(seconds) = seconds(&value)
        {
            fields.insert(name.to_owned(), seconds.into());
        }
    }
    if !fields.contains_key("expires_in") {
        fields.insert("expires_in".to_owned(), limits::DEFAULT_DEVICE_CODE_LIFETIME.as_secs().into());
    }
    Ok(fields)
}

//! What token endpoints really answer, brought into the form that RFC 6749 sections 5.1 and 5.2 define.
//!
//! | in the response | becomes |
//! |---|---|
//! | `expires_in`: a number, also a fraction or as text | whole seconds, rounded down; ten years at most |
//! | `expires_in`: 0 or negative | 0: the token counts as expired on arrival |
//! | `expires_in`: absent, null, text that is no number, anything else | absent: the token lasts until it is rejected |
//! | `token_type`: absent, null, empty | `Bearer`, as every provider means it that leaves it out |
//! | `token_type`: `bearer` in any case | `Bearer` |
//! | `token_type`: any other | an error (RFC 6749 section 7.1 forbids to use such a token), unless the user has set one |
//! | `access_token`: absent, empty, no text | an error |
//! | a field twice | its last value |
//! | `error` under status 200 | an error response |
//! | `error`: `server_error`, `temporarily_unavailable` | a transient error, under any status |
//! | JSON under another content type | JSON |
//! | form-encoded, under its content type | the same fields: what providers older than RFC 6749 answer |
//! | JSON that breaks off | a transient error: the response was cut on the way |
//! | anything else: HTML, an empty body, 4xx without `error` | an error that names HTTP status and content type, with what it says to people |

use oauth2::HttpResponse;

use super::response::{self, Fields, ProviderResponse, Sent, seconds, text};
use crate::AuthError;

/// Rewrites a response so that the `oauth2` crate understands it.
///
/// # Errors
///
/// As [`response::normalise`].
pub(crate) fn normalise(sent: Sent<'_>, response: HttpResponse) -> Result<HttpResponse, AuthError> {
    response::normalise(sent, response, |response, fields| token(response, &fields, true))
}

/// The same for a client that was told how its tokens are to be sent: whatever their type is called.
pub(crate) fn normalise_any_type(sent: Sent<'_>, response: HttpResponse) -> Result<HttpResponse, AuthError> {
    response::normalise(sent, response, |response, fields| token(response, &fields, false))
}

/// RFC 6749 section 5.1.
fn token(response: &ProviderResponse<'_>, fields: &Fields, only_bearer: bool) -> Result<Fields, AuthError> {
    let Some(access_token) = text(fields, "access_token") else {
        return Err(response.unusable(&format!("{} without an access_token", response.kind())));
    };
    let token_type = text(fields, "token_type").filter(|_| only_bearer).unwrap_or("bearer");
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err(response.unusable(&format!(
            "its token type{} is unknown; only Bearer tokens can be used, unless the token type of the flow is set",
            nameable(token_type).map(|name| format!(" `{name}`")).unwrap_or_default()
        )));
    }
    let mut token = Fields::new();
    token.insert("access_token".to_owned(), access_token.into());
    token.insert("token_type".to_owned(), token_type.into());
    if let Some(seconds) = fields.get("expires_in").and_then(seconds) {
        token.insert("expires_in".to_owned(), seconds.into());
    }
    for name in ["refresh_token", "id_token"] {
        if let Some(value) = text(fields, name) {
            token.insert(name.to_owned(), value.into());
        }
    }
    Ok(token)
}

/// A word that can stand in a message: nothing that could be a secret in the wrong field.
fn nameable(word: &str) -> Option<&str> {
    let short = word.len() <= 16 && word.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    short.then_some(word)
}

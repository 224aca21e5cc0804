//! What revocation endpoints answer, brought into the form that RFC 7009 section 2.2 defines: the status says all.

use http::StatusCode;
use oauth2::HttpResponse;

use super::response::{self, Fields, Sent};
use crate::AuthError;

/// Leaves nothing of a success but its status: some providers answer with a body, of any kind.
///
/// # Errors
///
/// As [`response::normalise`].
pub(super) fn normalise(sent: Sent<'_>, response: HttpResponse) -> Result<HttpResponse, AuthError> {
    if response.status().is_success() {
        let mut accepted = HttpResponse::new(Vec::new());
        *accepted.status_mut() = StatusCode::OK;
        return Ok(accepted);
    }
    response::normalise(sent, response, |_, _| Ok(Fields::new()))
}

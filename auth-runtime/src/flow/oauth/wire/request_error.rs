//! Why a request failed: from the `oauth2` crate's error to ours.

use std::fmt;

use oauth2::{ErrorResponseType, RequestTokenError, StandardErrorResponse};

use super::Secrets;
use crate::AuthError;

/// The error of a request to a provider. `operation` is what errors call the request, `secrets` are those that were
/// sent with it.
pub(crate) fn request_error<T>(
    operation: &'static str,
    error: RequestTokenError<AuthError, StandardErrorResponse<T>>,
    secrets: &Secrets,
) -> AuthError
where
    T: ErrorResponseType + AsRef<str> + fmt::Display + 'static,
{
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(refusal) => AuthError::rejected(
            operation,
            secrets.clean(refusal.error().as_ref()),
            refusal.error_description().map(|words| secrets.clean(words)),
        ),
        // Both may quote the response or the request.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            AuthError::invalid_response(operation, "it could not be read")
        }
    }
}

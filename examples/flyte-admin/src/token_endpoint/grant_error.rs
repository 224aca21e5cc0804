//! Errors in the form of RFC 6749 section 5.2, with the status codes of flyteadmin's provider.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// Why no token was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GrantError {
    InvalidRequest(&'static str),
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    ServerError,
}

impl GrantError {
    /// The code, and what it means.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidRequest(description) => ("invalid_request", description),
            Self::InvalidClient => ("invalid_client", "unknown client or wrong secret"),
            Self::InvalidGrant => ("invalid_grant", "what was presented is not good for this grant and client"),
            Self::InvalidScope => ("invalid_scope", "only all and offline are offered"),
            Self::ServerError => ("server_error", "the authorization server met an unexpected condition"),
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// Without a `WWW-Authenticate`, though RFC 6749 section 5.2 asks for one: flyteadmin sends none.
impl IntoResponse for GrantError {
    fn into_response(self) -> Response {
        let (error, description) = self.words();
        let body = Json(serde_json::json!({ "error": error, "error_description": description }));
        (self.status(), [(header::CACHE_CONTROL, "no-store")], body).into_response()
    }
}

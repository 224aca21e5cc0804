//! Errors in the form of RFC 6749 section 5.2.

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
    UnsupportedGrantType,
    InvalidScope,
    ServerError,
}

impl IntoResponse for GrantError {
    fn into_response(self) -> Response {
        let (status, error, description) = match self {
            Self::InvalidRequest(description) => (StatusCode::BAD_REQUEST, "invalid_request", description),
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client", "unknown client or wrong secret"),
            Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "only client_credentials is offered")
            }
            Self::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope", "only all and offline are offered"),
            Self::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "no token could be made"),
        };
        let body = Json(serde_json::json!({ "error": error, "error_description": description }));
        let no_store = [(header::CACHE_CONTROL, "no-store")];
        if self == Self::InvalidClient {
            // RFC 6749 section 5.2: the answer to an `Authorization` header names the scheme that was used.
            let challenge = [(header::WWW_AUTHENTICATE, r#"Basic realm="flyte-admin""#)];
            return (status, no_store, challenge, body).into_response();
        }
        (status, no_store, body).into_response()
    }
}

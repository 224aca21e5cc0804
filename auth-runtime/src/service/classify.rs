//! Decisions on a gRPC answer: is it a rejection of the credentials, is it gRPC at all?

use http::{HeaderMap, Response, StatusCode, header};
use tonic::{Code, Status, metadata::MetadataMap};

use super::glance;
use crate::authenticator::Policy;

/// Whose credentials a layer looks after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The gRPC server's.
    Server,
    /// Those of a proxy in front of it.
    Proxy,
}

/// What the head of an answer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// The credentials were rejected.
    Rejected,
    /// The answer is complete in its headers.
    Complete,
    /// gRPC, and the rest is in the body.
    Open,
    /// Something else than a gRPC server answered.
    NotGrpc,
}

/// What a layer knows about the call that was answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expectation<'a> {
    pub(crate) role: Role,
    pub(crate) policy: &'a Policy,
    /// Whether the call carried credentials.
    pub(crate) attached: bool,
    /// Whether another layer looks after the proxy's answers: further out, or further in and without success.
    pub(crate) behind_proxy: bool,
}

/// Reads the head of an answer, from which it takes what tonic could not read.
pub(crate) fn head<B>(response: &mut Response<B>, expectation: Expectation<'_>) -> Head {
    if glance::opens(response) {
        return Head::Open;
    }
    drop_unreadable_details(response.headers_mut());
    let headers = response.headers();
    if headers.contains_key(Status::GRPC_STATUS) {
        // A trailers-only answer: the status is in the headers.
        return if rejects(headers, expectation) { Head::Rejected } else { Head::Complete };
    }
    let rejected = match expectation.role {
        Role::Proxy => is_the_proxys(response.status()),
        Role::Server => response.status() == StatusCode::UNAUTHORIZED && !expectation.behind_proxy,
    };
    if rejected && !lacks_scope(headers) {
        Head::Rejected
    } else if is_foreign(response) {
        Head::NotGrpc
    } else {
        Head::Open
    }
}

/// Whether a proxy answers so that wants credentials of its own.
pub(crate) fn is_the_proxys(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED)
}

/// Whether trailers reject the credentials. Takes from them what tonic could not read.
pub(crate) fn trailers_reject(trailers: &mut HeaderMap, expectation: Expectation<'_>) -> bool {
    if glance::ends_well(trailers) {
        return false;
    }
    drop_unreadable_details(trailers);
    rejects(trailers, expectation)
}

/// Whether headers or trailers with a grpc-status reject the credentials.
///
/// Never UNKNOWN, whatever proxies make of a 401: the call may have run.
fn rejects(headers: &HeaderMap, expectation: Expectation<'_>) -> bool {
    if expectation.role == Role::Proxy {
        return false;
    }
    let Some(status) = headers.get(Status::GRPC_STATUS) else { return false };
    let code = Code::from_bytes(status.as_bytes());
    let denied_bare =
        code == Code::PermissionDenied && !expectation.attached && expectation.policy.login_on_permission_denied;
    let predicate = || match &expectation.policy.retry_on {
        Some(rejects) if code != Code::Ok => status_of(headers).is_some_and(|status| rejects(&status)),
        _ => false,
    };
    (code == Code::Unauthenticated && !lacks_scope(headers)) || denied_bare || predicate()
}

/// RFC 6750 section 3.1: the token is good and does not reach far enough; a new one will not either.
fn lacks_scope(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .any(|challenge| challenge.to_str().is_ok_and(|text| text.contains("insufficient_scope")))
}

/// Whether something else than a gRPC server answered: it has no gRPC status to say, nor a body that tonic could read.
pub(crate) fn is_foreign<B>(response: &Response<B>) -> bool {
    if response.headers().contains_key(Status::GRPC_STATUS) {
        return false;
    }
    match response.headers().get(header::CONTENT_TYPE) {
        Some(content_type) => !content_type.as_bytes().starts_with(b"application/grpc"),
        None => response.status() != StatusCode::OK,
    }
}

/// The status in headers or trailers.
pub(crate) fn status_of(headers: &HeaderMap) -> Option<Status> {
    match unreadable_details(headers) {
        false => Status::from_header_map(headers),
        true => {
            let mut headers = headers.clone();
            headers.remove(Status::GRPC_STATUS_DETAILS);
            Status::from_header_map(&headers)
        }
    }
}

/// Takes out status details that are not base64: tonic panics on them, and no server may do that to a client.
pub(crate) fn drop_unreadable_details(headers: &mut HeaderMap) {
    if unreadable_details(headers) {
        headers.remove(Status::GRPC_STATUS_DETAILS);
    }
}

fn unreadable_details(headers: &HeaderMap) -> bool {
    let Some(details) = headers.get(Status::GRPC_STATUS_DETAILS) else { return false };
    let alone = HeaderMap::from_iter([(Status::GRPC_STATUS_DETAILS, details.clone())]);
    MetadataMap::from_headers(alone)
        .get_bin(Status::GRPC_STATUS_DETAILS.as_str())
        .is_none_or(|details| details.to_bytes().is_err())
}

/// The status of an answer that no gRPC server gave. The code is the one that gRPC maps the HTTP status to; the
/// message says what answered, which "invalid compression flag: 60" does not.
pub(crate) fn status_of_foreign_answer<B>(response: &Response<B>) -> Status {
    let http_status = response.status();
    // The mapping of the gRPC specification (doc/http-grpc-status-mapping.md).
    let code = match http_status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    let content_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map_or_else(|| "no content type".to_owned(), |value| format!("content type `{value}`"));
    let message = format!(
        "the answer is not gRPC: HTTP status {}, {content_type}; is a proxy or login page in front of the server?",
        http_status.as_u16()
    );
    Status::with_metadata(code, message, MetadataMap::from_headers(response.headers().clone()))
}

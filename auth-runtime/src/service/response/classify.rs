//! Decisions on a response: is it a rejection of the credentials, is it gRPC at all?

use http::{HeaderMap, HeaderName, Response, StatusCode, header};
use tonic::{Code, Status};

use super::{
    scan,
    status::{drop_unreadable_details, status_of, status_of_not_grpc},
};
use crate::authenticator::Policy;

/// How the messages of a body are compressed.
pub(crate) const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// Whose credentials a layer looks after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The gRPC server's.
    Server,
    /// Those of a proxy in front of it.
    Proxy,
}

/// What the head of a response says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// The credentials were rejected.
    Rejected,
    /// The response is complete in its headers.
    TrailersOnly,
    /// gRPC, and the rest is in the body.
    Streaming,
    /// Something else than a gRPC server responded.
    NotGrpc,
}

/// What a layer knows about the call of a response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClassifyContext<'a> {
    pub(crate) role: Role,
    pub(crate) policy: &'a Policy,
    /// Whether the call carried credentials.
    pub(crate) attached: bool,
    /// Whether another layer looks after the proxy's responses: further out, or further in and without success.
    pub(crate) behind_proxy: bool,
}

/// Reads the head of a response, from which it takes what tonic could not read.
pub(crate) fn head<B>(response: &mut Response<B>, context: ClassifyContext<'_>) -> Head {
    if scan::is_streaming(response) {
        return Head::Streaming;
    }
    drop_unreadable_details(response.headers_mut());
    let headers = response.headers();
    if headers.contains_key(Status::GRPC_STATUS) {
        // The status is in the headers.
        return if rejects(headers, context) { Head::Rejected } else { Head::TrailersOnly };
    }
    let rejected = match context.role {
        Role::Proxy => is_the_proxys(response),
        Role::Server => response.status() == StatusCode::UNAUTHORIZED && !context.behind_proxy,
    };
    if rejected && !lacks_scope(headers) {
        Head::Rejected
    } else if !is_not_grpc(response) {
        Head::Streaming
    } else if context.role == Role::Server && policy_rejects(&context, || Some(status_of_not_grpc(response))) {
        // A user's rules are asked about the status that the caller would see.
        Head::Rejected
    } else {
        Head::NotGrpc
    }
}

/// Whether this is how a proxy asks for credentials of its own: a redirect to where people log in is meant so too. No
/// gRPC server redirects.
pub(crate) fn is_the_proxys<B>(response: &Response<B>) -> bool {
    match response.status() {
        StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => true,
        status => status.is_redirection() && response.headers().contains_key(header::LOCATION),
    }
}

/// Whether trailers reject the credentials. Takes from them what tonic could not read.
pub(crate) fn trailers_reject(trailers: &mut HeaderMap, context: ClassifyContext<'_>) -> bool {
    if scan::is_ok(trailers) {
        return false;
    }
    drop_unreadable_details(trailers);
    rejects(trailers, context)
}

/// Whether headers or trailers with a grpc-status reject the credentials.
///
/// Never UNKNOWN, whatever proxies make of a 401: the call may have run.
fn rejects(headers: &HeaderMap, context: ClassifyContext<'_>) -> bool {
    if context.role == Role::Proxy {
        return false;
    }
    let Some(status) = headers.get(Status::GRPC_STATUS) else { return false };
    let code = Code::from_bytes(status.as_bytes());
    let unauthenticated = code == Code::Unauthenticated && !lacks_scope(headers);
    unauthenticated || (code != Code::Ok && policy_rejects(&context, || status_of(headers)))
}

/// Whether a status rejects the credentials by what the user has said. It is made only where somebody asks for it.
fn policy_rejects(context: &ClassifyContext<'_>, status: impl FnOnce() -> Option<Status>) -> bool {
    let denial_counts = context.policy.login_on_permission_denied && !context.attached;
    if !denial_counts && context.policy.retry_on.is_none() {
        return false;
    }
    let Some(status) = status() else { return false };
    (denial_counts && status.code() == Code::PermissionDenied)
        || context.policy.retry_on.as_ref().is_some_and(|rejects| rejects(&status))
}

/// RFC 6750 section 3.1: the token is good and does not reach far enough; a new one will not either.
fn lacks_scope(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .any(|challenge| challenge.to_str().is_ok_and(|text| text.contains("insufficient_scope")))
}

/// Whether something else than a gRPC server responded: it has no gRPC status to say, nor a body that tonic could read.
pub(crate) fn is_not_grpc<B>(response: &Response<B>) -> bool {
    if response.headers().contains_key(Status::GRPC_STATUS) {
        return false;
    }
    match response.headers().get(header::CONTENT_TYPE) {
        Some(content_type) => !scan::is_grpc(content_type),
        None => response.status() != StatusCode::OK,
    }
}

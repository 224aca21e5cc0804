//! The gRPC status of a response.

use std::fmt::Write as _;

use http::{HeaderMap, Response, StatusCode, Uri, header};
use tonic::{Code, Status, metadata::MetadataMap};

use crate::{limits, plain_text::plain_text};

/// The status in headers or trailers.
pub(super) fn status_of(headers: &HeaderMap) -> Option<Status> {
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

/// The status of a response that no gRPC server sent. The code is the one that gRPC maps the HTTP status to; the message
/// says what responded, which "invalid compression flag: 60" does not.
pub(crate) fn status_of_not_grpc<B>(response: &Response<B>) -> Status {
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
        "the response is not gRPC: HTTP status {}, {content_type}{}; {}",
        http_status.as_u16(),
        redirect(response).unwrap_or_default(),
        advice(http_status)
    );
    Status::with_metadata(code, message, MetadataMap::from_headers(response.headers().clone()))
}

/// Where a redirect leads: its host alone, as a path or query may hold secrets.
fn redirect<B>(response: &Response<B>) -> Option<String> {
    let location = response.headers().get(header::LOCATION).filter(|_| response.status().is_redirection())?;
    let target = location.to_str().ok().and_then(|location| location.parse::<Uri>().ok());
    let host = target.as_ref().and_then(Uri::host).map(|host| format!(" to {}", plain_text(host)));
    Some(format!(", a redirect{}", host.unwrap_or_default()))
}

fn advice(status: StatusCode) -> &'static str {
    match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "the headers of the call, and the token among them, are larger than is accepted there; raise that limit, or \
             ask for a token with fewer scopes or claims"
        }
        StatusCode::PAYLOAD_TOO_LARGE => "the request is larger than is accepted there; raise that limit",
        _ => "is a proxy or login page in front of the server?",
    }
}

/// Puts our reason in front of what the server says in headers or trailers. Code, details and metadata stay as sent.
pub(crate) fn put_in_front(reason: &str, headers: &mut HeaderMap) {
    let Some(server) = status_of(headers) else { return };
    // Fails for a message that no header can carry, which ours never is: tonic encodes it.
    let _ = Status::new(server.code(), in_front(reason, server.message())).add_header(headers);
}

/// Our reason, then the server's own words, as long as they are of use.
pub(super) fn in_front(reason: &str, server: &str) -> String {
    let mut message = reason.to_owned();
    if !server.is_empty() {
        // A few hundred characters are usual; the first of them say what is the matter.
        let server = plain_text(server);
        let words: String = server.chars().take(limits::MAX_SERVER_MESSAGE_CHARS).collect();
        let more = if words.len() < server.len() { "..." } else { "" };
        // Writing to a string does not fail.
        let _ = write!(message, "; the server says: {words}{more}");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_reason_stands_in_front_of_the_servers_words_and_leaves_the_rest_as_sent() {
        let mut trailers = HeaderMap::new();
        let details = bytes::Bytes::from_static(b"details");
        assert!(
            Status::with_details(Code::Unauthenticated, "token% expired", details).add_header(&mut trailers).is_ok()
        );
        trailers.insert("x-request-id", http::HeaderValue::from_static("7"));
        put_in_front("nothing helps", &mut trailers);
        let status = Status::from_header_map(&trailers);
        let status = status.unwrap_or_else(|| Status::ok(""));
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_eq!(status.message(), "nothing helps; the server says: token% expired");
        assert_eq!(status.details(), b"details");
        assert_eq!(status.metadata().get("x-request-id").map(|id| id.as_bytes()), Some(&b"7"[..]));
    }

    #[test]
    fn a_long_message_of_the_servers_is_cut() {
        let words = "ä".repeat(limits::MAX_SERVER_MESSAGE_CHARS + 1);
        let message = in_front("why", &words);
        assert!(message.ends_with("ää..."), "{message}");
        assert_eq!(message.chars().filter(|character| *character == 'ä').count(), limits::MAX_SERVER_MESSAGE_CHARS);
        assert_eq!(in_front("why", ""), "why");
    }

    #[test]
    fn the_servers_words_are_shown_and_not_obeyed() {
        let message = in_front("why", "gone\u{1b}[2J\nError: \u{202e}all is well");
        assert_eq!(message, "why; the server says: gone [2J Error:  all is well");
    }
}

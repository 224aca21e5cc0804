//! The quick look that is enough for most responses: one pass over a few headers, where looking up each of their names
//! would take as long as all the rest.

use http::{HeaderMap, HeaderValue, Response, StatusCode};

// Names are compared as text: a constant `HeaderName` is made anew, and dropped, with each comparison.
const CONTENT_TYPE: &str = "content-type";
const STATUS: &str = "grpc-status";
const STATUS_DETAILS: &str = "grpc-status-details-bin";

/// Whether this is the head of a gRPC response whose status will come in the trailers, as with each that goes well.
#[inline]
pub(super) fn is_streaming<B>(response: &Response<B>) -> bool {
    response.status() == StatusCode::OK && has_no_status(response.headers())
}

fn has_no_status(headers: &HeaderMap) -> bool {
    let mut content_type = None::<&HeaderValue>;
    for (name, value) in headers {
        match name.as_str() {
            CONTENT_TYPE => content_type = content_type.or(Some(value)),
            STATUS | STATUS_DETAILS => return false,
            _ => {}
        }
    }
    content_type.is_some_and(|content_type| content_type.as_bytes().starts_with(b"application/grpc"))
}

/// Whether these are the trailers of a call that went well.
pub(super) fn is_ok(trailers: &HeaderMap) -> bool {
    let mut status = None::<&HeaderValue>;
    for (name, value) in trailers {
        match name.as_str() {
            STATUS => status = status.or(Some(value)),
            STATUS_DETAILS => return false,
            _ => {}
        }
    }
    status.is_some_and(|status| status.as_bytes() == b"0")
}

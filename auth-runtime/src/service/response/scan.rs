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
    content_type.is_some_and(is_grpc)
}

/// Whether a content type is gRPC's: with a format behind it or not (gRPC over HTTP2, "Requests"). gRPC-Web's is another,
/// whose bodies tonic cannot read.
pub(super) fn is_grpc(content_type: &HeaderValue) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    let (given, format) = content_type.as_bytes().split_at(content_type.len().min(GRPC.len()));
    given.eq_ignore_ascii_case(GRPC) && matches!(format.first(), None | Some(b'+' | b';' | b' '))
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

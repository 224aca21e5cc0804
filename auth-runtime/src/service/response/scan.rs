//! The quick look that is enough for most responses: one pass over a few headers, where looking up each of their names
//! would take as long as all the rest.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use tonic::Status;

#[derive(Default)]
struct Scan<'a> {
    status: Option<&'a HeaderValue>,
    content_type: Option<&'a HeaderValue>,
    details: bool,
}

impl<'a> From<&'a HeaderMap> for Scan<'a> {
    fn from(headers: &'a HeaderMap) -> Self {
        let mut scan = Self::default();
        for (name, value) in headers {
            if *name == header::CONTENT_TYPE {
                scan.content_type = scan.content_type.or(Some(value));
            } else if *name == Status::GRPC_STATUS {
                scan.status = scan.status.or(Some(value));
            } else if *name == Status::GRPC_STATUS_DETAILS {
                scan.details = true;
            }
        }
        scan
    }
}

/// Whether this is the head of a gRPC response whose status will come in the trailers, as with each that goes well.
pub(super) fn is_streaming<B>(response: &Response<B>) -> bool {
    let scan = Scan::from(response.headers());
    response.status() == StatusCode::OK
        && scan.status.is_none()
        && !scan.details
        && scan.content_type.is_some_and(is_grpc)
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
    let scan = Scan::from(trailers);
    !scan.details && scan.status.is_some_and(|status| status == "0")
}

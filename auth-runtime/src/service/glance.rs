//! The quick look that is enough for most answers: one pass over a few headers, where looking up each of their names
//! would take as long as all the rest.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use tonic::Status;

#[derive(Default)]
struct Glance<'a> {
    status: Option<&'a HeaderValue>,
    content_type: Option<&'a HeaderValue>,
    details: bool,
}

impl<'a> From<&'a HeaderMap> for Glance<'a> {
    fn from(headers: &'a HeaderMap) -> Self {
        let mut glance = Self::default();
        for (name, value) in headers {
            if *name == header::CONTENT_TYPE {
                glance.content_type = glance.content_type.or(Some(value));
            } else if *name == Status::GRPC_STATUS {
                glance.status = glance.status.or(Some(value));
            } else if *name == Status::GRPC_STATUS_DETAILS {
                glance.details = true;
            }
        }
        glance
    }
}

/// Whether this is the head of a gRPC answer whose status will come in the trailers, as with each that goes well.
pub(super) fn opens<B>(response: &Response<B>) -> bool {
    let glance = Glance::from(response.headers());
    response.status() == StatusCode::OK
        && glance.status.is_none()
        && !glance.details
        && glance.content_type.is_some_and(|content_type| content_type.as_bytes().starts_with(b"application/grpc"))
}

/// Whether these are the trailers of a call that went well.
pub(super) fn ends_well(trailers: &HeaderMap) -> bool {
    let glance = Glance::from(trailers);
    !glance.details && glance.status.is_some_and(|status| status == "0")
}

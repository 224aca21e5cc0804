//! How a call is turned away: always with UNAUTHENTICATED, and on the wire in either of two shapes.

use std::convert::Infallible;

use axum::{
    body::Body,
    http::{HeaderMap, Response, header},
};
use http_body::Frame;
use http_body_util::StreamBody;
use tonic::{Status, metadata::GRPC_CONTENT_TYPE};

use crate::token_endpoint::InvalidToken;

/// Where in the response the status of a rejected call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WireShape {
    /// In the only headers there are (Trailers-Only), as a flyteadmin without TLS sends it.
    #[default]
    TrailersOnly,
    /// In trailers that follow the headers, as a flyteadmin with TLS sends it.
    HeadersThenTrailers,
}

/// Why a call is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    NoToken,
    NoScheme,
    Invalid(InvalidToken),
    /// UNAUTHENTICATED too, though no other token of the same client will do better.
    MissingScope,
}

impl Rejection {
    fn message(self) -> &'static str {
        match self {
            Self::NoToken => "token parse error: Request unauthenticated with Bearer",
            Self::NoScheme => "Bad authorization string",
            Self::Invalid(InvalidToken::Unknown) => "token parse error: token is malformed",
            Self::Invalid(InvalidToken::Expired) => "token parse error: Token is expired",
            Self::Invalid(InvalidToken::Revoked) => "token parse error: token is revoked",
            Self::MissingScope => "authenticated user doesn't have required scope",
        }
    }

    pub(super) fn into_response(self, shape: WireShape) -> Response<Body> {
        let status = Status::unauthenticated(self.message());
        match shape {
            WireShape::TrailersOnly => status.into_http(),
            WireShape::HeadersThenTrailers => headers_then_trailers(&status),
        }
    }
}

fn headers_then_trailers(status: &Status) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    let body = match status.add_header(&mut trailers) {
        Ok(()) => {
            let frame = Ok::<_, Infallible>(Frame::trailers(trailers));
            Body::new(StreamBody::new(tokio_stream::once(frame)))
        }
        Err(_) => Body::empty(),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, GRPC_CONTENT_TYPE);
    response
}

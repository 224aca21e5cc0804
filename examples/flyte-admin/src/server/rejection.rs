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
    /// flyteadmin tries an access token, then an id token, and says of both why not.
    fn message(self) -> String {
        match self {
            Self::NoToken => {
                both(&unread("bearer", "Request unauthenticated with Bearer"), "Request unauthenticated with IDToken")
            }
            Self::NoScheme => both(&unread("bearer", BAD_STRING), BAD_STRING),
            Self::Invalid(why) => both(why.message(), "Request unauthenticated with IDToken"),
            Self::MissingScope => "authenticated user doesn't have required scope".into(),
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

const BAD_STRING: &str = "Bad authorization string";

fn both(access_token: &str, id_token: &str) -> String {
    let id_token = unread("id", id_token);
    format!("token parse error id token err: access token err: {access_token}, access token err: {id_token}")
}

fn unread(kind: &str, why: &str) -> String {
    format!(
        "[JWT_VERIFICATION_FAILED] Could not retrieve {kind} token from metadata, caused by: rpc error: code = \
         Unauthenticated desc = {why}"
    )
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

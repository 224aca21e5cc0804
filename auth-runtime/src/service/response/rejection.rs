//! A response that rejected the credentials, held until it is known whether there are better ones.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::Body as HttpBody;
use tonic::{Code, Status, codegen::StdError, metadata::MetadataMap};

use super::{
    ResponseBody, Rest, classify,
    status::{in_front, put_in_front, status_of, status_of_not_grpc},
};
use crate::AuthError;

/// In which shape it came, before the caller had any of it.
#[derive(Debug)]
pub(crate) enum Rejection<B> {
    /// In the headers: trailers-only, or an HTTP status.
    Head(Response<B>),
    /// In trailers, behind headers.
    Late { response: Response<B>, trailers: HeaderMap },
}

impl<B> Rejection<B>
where
    B: HttpBody<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    /// What is left of it, where nobody will read that.
    pub(crate) fn rest(&mut self) -> Rest<'_, B> {
        match self {
            Self::Head(response) => match classify::is_not_grpc(response) {
                true => Rest::of(response.body_mut()),
                false => Rest::none(response.body().is_end_stream()),
            },
            Self::Late { .. } => Rest::none(true),
        }
    }

    /// The response as it came, unless it is one that only a browser could read.
    pub(crate) fn into_response(self) -> Result<Response<ResponseBody<B>>, Status> {
        match self {
            Self::Head(response) if classify::is_not_grpc(&response) => Err(status_of_not_grpc(&response)),
            Self::Head(response) => Ok(response.map(ResponseBody::plain)),
            Self::Late { response, trailers } => Ok(response.map(|body| ResponseBody::trailers_of(body, trailers))),
        }
    }

    /// The same, with the reason why the call was not healed in front of the server's words.
    pub(crate) fn into_explained(mut self, reason: &str) -> Result<Response<ResponseBody<B>>, Status> {
        match &mut self {
            Self::Head(response) => put_in_front(reason, response.headers_mut()),
            Self::Late { trailers, .. } => put_in_front(reason, trailers),
        }
        self.into_response()
    }

    /// The status of a call for which there are no better credentials, and why.
    pub(crate) fn into_status(self, error: AuthError) -> Status {
        match self {
            Self::Head(response) => {
                let status = status_of(response.headers()).unwrap_or_else(|| status_of_not_grpc(&response));
                explained(status, error)
            }
            Self::Late { response, trailers } => {
                let mut status = status_of_rejected(&trailers, error);
                // As tonic does for a unary call.
                let mut metadata = status.metadata().clone().into_headers();
                metadata.extend(response.headers().clone());
                *status.metadata_mut() = MetadataMap::from_headers(metadata);
                status
            }
        }
    }
}

/// The status of a call whose stream ended with these trailers, and why there are no better credentials.
pub(crate) fn status_of_rejected(trailers: &HeaderMap, error: AuthError) -> Status {
    explained(status_of(trailers).unwrap_or_else(|| Status::unauthenticated("")), error)
}

/// The server's code, details and metadata, with our reason in front of its message and as the source.
///
/// Where the reason may pass, nobody said that the caller may not: that is UNAVAILABLE, whatever the server said to a
/// call without good credentials.
fn explained(server: Status, error: AuthError) -> Status {
    let code = if error.is_transient() { Code::Unavailable } else { server.code() };
    let message = in_front(&error.with_causes(), server.message());
    let details = Bytes::copy_from_slice(server.details());
    let mut status = Status::with_details_and_metadata(code, message, details, server.metadata().clone());
    status.set_source(Arc::new(error));
    status
}

//! An answer that rejected the credentials, held until it is known whether there are better ones.

use std::sync::Arc;

use http::{HeaderMap, Response};
use tonic::{Status, metadata::MetadataMap};

use super::{classify, response_body::ResponseBody};
use crate::{AuthError, Transport};

/// In which shape it came.
pub(crate) enum Rejected<T: Transport> {
    /// In the headers: trailers-only, or an HTTP status.
    Head(Response<T::ResponseBody>),
    /// In trailers, behind headers that the caller has not seen.
    Late { response: Response<T::ResponseBody>, trailers: HeaderMap },
    /// In trailers, behind headers that the caller has.
    Spliced(HeaderMap),
}

impl<T: Transport> Rejected<T> {
    /// The answer as it came, unless it is one that only a browser could read.
    pub(crate) fn into_answer(self) -> Result<Response<ResponseBody<T>>, Status> {
        match self {
            Self::Head(response) if classify::is_foreign(&response) => {
                Err(classify::status_of_foreign_answer(&response))
            }
            Self::Head(response) => Ok(response.map(ResponseBody::plain)),
            Self::Late { response, trailers } => Ok(response.map(|body| ResponseBody::trailers_of(body, trailers))),
            Self::Spliced(trailers) => Ok(Response::new(ResponseBody::trailers(trailers))),
        }
    }

    /// The server's own status, message, details and metadata, with the reason why there are no better credentials as
    /// its source.
    pub(crate) fn into_status(self, error: AuthError) -> Status {
        let mut status = match &self {
            Self::Head(response) => {
                classify::status_of(response.headers()).unwrap_or_else(|| classify::status_of_foreign_answer(response))
            }
            Self::Late { trailers, .. } | Self::Spliced(trailers) => {
                classify::status_of(trailers).unwrap_or_else(|| Status::unauthenticated(""))
            }
        };
        if let Self::Late { response, .. } = &self {
            // As tonic does for a unary call.
            let mut metadata = status.metadata().clone().into_headers();
            metadata.extend(response.headers().clone());
            *status.metadata_mut() = MetadataMap::from_headers(metadata);
        }
        status.set_source(Arc::new(error));
        status
    }
}

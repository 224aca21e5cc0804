//! What a response leads to, as far as it was read.

use http::{HeaderMap, Response};
use tonic::codegen::StdError;

use super::{BodyOf, Outcome, hand_out, state::Call};
use crate::{
    Transport,
    service::response::{Begun, Rejection, ResponseBody, status_of_not_grpc},
};

/// What the head of a response leads to.
pub(super) enum AfterHead<T: Transport> {
    /// The response is the caller's.
    Deliver,
    /// The stream is the caller's, unless it begins with a rejection.
    Watch(Box<Call<T>>),
    /// The caller gets one message: what the first frame is decides.
    FirstFrame(Box<Call<T>>),
    /// The credentials were rejected. Without a call, that is the caller's business.
    Rejected(Option<Box<Call<T>>>),
    /// Something else than a gRPC server responded.
    NotGrpc,
}

/// What the first frame of a response of one message leads to.
pub(super) enum AfterFrame<T: Transport> {
    /// The response is the caller's.
    Deliver(Begun),
    /// These trailers rejected the credentials.
    Rejected(HeaderMap, Box<Call<T>>),
}

/// What is left to be done about a call.
pub(super) enum Next<T: Transport> {
    /// Nothing: the call has come to this.
    Outcome(Outcome<T>),
    /// The first frame is to be waited for.
    FirstFrame(Response<BodyOf<T>>, Box<Call<T>>),
    /// The credentials were rejected.
    Rejected(Rejection<BodyOf<T>>, Box<Call<T>>),
    /// There was no response.
    Lost(StdError, Box<Call<T>>),
}

impl<T: Transport> AfterHead<T> {
    /// What becomes of the response.
    #[inline]
    pub(super) fn next(self, response: Response<BodyOf<T>>) -> Next<T> {
        match self {
            Self::Deliver => Next::Outcome(Ok(response.map(ResponseBody::plain))),
            Self::Watch(call) => Next::Outcome(Ok(response.map(|body| ResponseBody::watched(body, call)))),
            Self::FirstFrame(call) => Next::FirstFrame(response, call),
            Self::Rejected(Some(call)) => Next::Rejected(Rejection::Head(response), call),
            Self::Rejected(None) => Next::Outcome(Rejection::Head(response).into_response().map_err(Into::into)),
            Self::NotGrpc => Next::Outcome(Err(status_of_not_grpc(&response).into())),
        }
    }
}

impl<T: Transport> AfterFrame<T> {
    /// What becomes of the response.
    pub(super) fn next(self, response: Response<BodyOf<T>>) -> Next<T> {
        match self {
            Self::Deliver(begun) => Next::Outcome(Ok(response.map(|body| begun.before(body)))),
            Self::Rejected(trailers, call) => Next::Rejected(Rejection::Late { response, trailers }, call),
        }
    }
}

impl<T: Transport> Next<T> {
    /// What is the caller's, where nothing else follows.
    pub(super) fn into_outcome(self) -> Outcome<T> {
        match self {
            Self::Outcome(outcome) => outcome,
            Self::Lost(error, _) => Err(error),
            Self::Rejected(rejection, call) => hand_out(rejection.into_response(), &call),
            Self::FirstFrame(response, _) => Ok(response.map(ResponseBody::plain)),
        }
    }
}

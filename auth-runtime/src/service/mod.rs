//! The service between a client and its transport: attaches credentials, and sends a rejected call once more.
//!
//! `future` runs a call, from what is in `begin` to what `answer` makes of a response; `classify` decides on answers,
//! after a `glance` that most need no more than; `head`, `kept` and `recording` keep what was sent; `response_body`
//! watches a response until its first message and splices a second one in after a late rejection.

mod answer;
mod attempt_body;
mod begin;
mod call;
pub(crate) mod classify;
mod deadline;
mod future;
mod glance;
mod head;
mod hops;
mod kept;
pub(crate) mod layer;
pub(crate) mod method;
mod recording;
mod rejected;
mod response_body;
mod single_call;
pub(crate) mod transport;
mod witness;

use std::{
    fmt,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{body::Body, codegen::StdError};
use tower_service::Service;

pub(crate) use self::single_call::SingleCall;
use self::{classify::Role, method::Method};
pub use self::{future::ResponseFuture, response_body::ResponseBody};
use crate::{Authenticator, Transport};

/// A transport whose calls carry credentials: what [`AuthLayer`](crate::AuthLayer) makes.
///
/// It is always ready: a token is fetched before the transport is asked for a permit, so that a login that takes its
/// time holds up nobody else.
#[derive(Clone)]
pub struct AuthService<T> {
    transport: T,
    authenticator: Authenticator,
    role: Role,
    method: &'static Method,
}

impl<T: Transport> Service<Request<Body>> for AuthService<T> {
    type Response = Response<ResponseBody<T>>;
    type Error = StdError;
    type Future = ResponseFuture<T>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (transport, authenticator) = (self.transport.clone(), self.authenticator.clone());
        ResponseFuture::new(transport, authenticator, self.role, self.method, request)
    }
}

impl<T> fmt::Debug for AuthService<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthService")
            .field("authenticator", &self.authenticator)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

//! The service between a client and its transport: attaches credentials, and sends a rejected call once more.
//!
//! `call` has every way that a call can take. `request` keeps what was sent; `response` tells what came back.

mod call;
mod deadline;
pub(crate) mod layer;
pub(crate) mod method;
mod request;
pub(crate) mod response;
mod single_call;
pub(crate) mod transport;

use std::{
    fmt,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{body::Body, codegen::StdError};
use tower_service::Service;

pub(crate) use self::single_call::SingleCall;
pub use self::{
    call::{CallAuth, ResponseFuture},
    response::ResponseBody,
};
use self::{method::Method, response::Role};
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
    type Response = Response<ResponseBody<T::ResponseBody>>;
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

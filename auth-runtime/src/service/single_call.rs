//! The service below one call of an authenticated client.

use std::{
    fmt,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use tonic::{Status, body::Body, codegen::StdError};
use tower_service::Service;

use super::{
    call::{Known, ResponseFuture},
    method::Method,
    response::{ResponseBody, Role},
};
use crate::{Authenticator, Transport};

/// Sends one call and hands its own parts on to it, where [`AuthenticatedChannel`](super::AuthenticatedChannel), which may be called
/// again, has to clone them: a clone of a channel costs an allocation.
pub(crate) struct SingleCall<T> {
    parts: Option<(T, Authenticator)>,
    known: Known,
}

impl<T: Clone> SingleCall<T> {
    #[inline]
    pub(crate) fn new(
        transport: &T,
        authenticator: &Authenticator,
        method: &'static Method,
        index_token: bool,
    ) -> Self {
        let known = Known { role: Role::Server, method, generated: true, index_token };
        Self { parts: Some((transport.clone(), authenticator.clone())), known }
    }
}

impl<T: Transport> SingleCall<T> {
    /// Sends a message that is encoded, or fails as its encoder did, with the caller's headers.
    #[inline]
    pub(crate) fn send(self, headers: HeaderMap, message: Result<Bytes, Status>) -> ResponseFuture<T> {
        match self.parts {
            Some((transport, authenticator)) => {
                ResponseFuture::of_message(transport, authenticator, self.known, headers, message)
            }
            None => ResponseFuture::failed(called_twice()),
        }
    }
}

fn called_twice() -> Status {
    Status::internal("a service for one call was called twice")
}

impl<T: Transport> Service<Request<Body>> for SingleCall<T> {
    type Response = Response<ResponseBody<T::ResponseBody>>;
    type Error = StdError;
    type Future = ResponseFuture<T>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.parts.take() {
            Some((transport, authenticator)) => ResponseFuture::new(transport, authenticator, self.known, request),
            None => ResponseFuture::failed(called_twice()),
        }
    }
}

impl<T> fmt::Debug for SingleCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleCall").finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "transport"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use tonic::transport::{Channel, Endpoint};

    use super::*;

    #[tokio::test]
    async fn it_is_called_once_and_says_so_if_it_is_called_again() {
        let authenticator = Authenticator::builder("http://localhost:1").build().unwrap();
        let channel: Channel = Endpoint::from_static("http://localhost:1").connect_lazy();
        let mut call = SingleCall::new(&channel, &authenticator, Method::unknown(), false);
        drop(call.call(Request::new(Body::empty())));
        let again = call.call(Request::new(Body::empty())).await.err().unwrap();
        assert!(again.to_string().contains("a service for one call was called twice"), "{again}");
    }
}

//! A proxy's credentials on each call, besides the server's.

use std::{
    fmt,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{body::Body, codegen::StdError};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    call::{Known, ResponseFuture},
    response::ResponseBody,
};
use crate::{Authenticator, Transport};

/// A layer with the credentials for a proxy in front of the server, such as an identity-aware proxy: build its
/// authenticator for the server's endpoint, with `.header_key("proxy-authorization")`.
///
/// HTTP 401, 407 and a redirect (to where people log in) count as the proxy's rejection, if they come without a gRPC
/// status; nothing else does. It may stand on either side of the
/// server's credentials; the two send one call at most three times.
/// [`AuthenticatedChannel::with_proxy`](crate::AuthenticatedChannel::with_proxy) puts it below them.
///
/// ```
/// use auth_runtime::{Authenticator, ProxyAuthLayer, flow::StaticToken};
/// use tower_layer::Layer as _;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let proxy = Authenticator::builder("https://flyte.example.com")
///     .header_key("proxy-authorization")
///     .flow(StaticToken::new("token"))
///     .build()?;
/// # let transport = tonic::transport::Endpoint::from_static("https://flyte.example.com").connect_lazy();
/// let transport = ProxyAuthLayer::new(proxy).layer(transport);
/// // authenticator.over(transport)
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ProxyAuthLayer {
    authenticator: Authenticator,
}

impl ProxyAuthLayer {
    /// For the credentials of the proxy.
    pub fn new(authenticator: Authenticator) -> Self {
        Self { authenticator }
    }
}

impl<S> Layer<S> for ProxyAuthLayer {
    type Service = ProxyAuthService<S>;

    fn layer(&self, transport: S) -> ProxyAuthService<S> {
        ProxyAuthService { transport, authenticator: self.authenticator.clone() }
    }
}

/// A transport whose calls carry a proxy's credentials: what [`ProxyAuthLayer`] makes.
///
/// It is always ready: a token is fetched before the transport is asked for a permit.
#[derive(Clone)]
pub struct ProxyAuthService<T> {
    transport: T,
    authenticator: Authenticator,
}

impl<T: Transport> Service<Request<Body>> for ProxyAuthService<T> {
    type Response = Response<ResponseBody<T::ResponseBody>>;
    type Error = StdError;
    type Future = ResponseFuture<T>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (transport, authenticator) = (self.transport.clone(), self.authenticator.clone());
        ResponseFuture::new(transport, authenticator, Known::by_proxy(), request)
    }
}

impl<T> fmt::Debug for ProxyAuthService<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyAuthService").field("authenticator", &self.authenticator).finish_non_exhaustive()
    }
}

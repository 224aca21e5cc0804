//! The channel to a Flyte installation, by way of a proxy that wants credentials or not.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tonic::{
    body::Body,
    client::GrpcService,
    codegen::StdError,
    transport::{Channel, channel},
};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::{AuthLayer, AuthService, Authenticator, ResponseFuture};

/// What the clients of a [`Connection`](super::Connection) are built on: tonic's channel, with the credentials for a
/// proxy on each request where one was configured.
///
/// The server's credentials are not its part: the generated twins attach those.
///
/// # Clone
///
/// Costs what a clone of tonic's channel costs.
#[derive(Clone)]
pub struct FlyteChannel {
    transport: Transport,
}

// The larger one is the rarer one.
#[derive(Clone)]
enum Transport {
    Direct(Channel),
    Proxied(Box<AuthService<Channel>>),
}

impl FlyteChannel {
    pub(super) fn new(channel: Channel, proxy: Option<Authenticator>) -> Self {
        let transport = match proxy {
            Some(proxy) => Transport::Proxied(Box::new(AuthLayer::proxy(proxy).layer(channel))),
            None => Transport::Direct(channel),
        };
        Self { transport }
    }
}

impl Service<Request<Body>> for FlyteChannel {
    type Response = Response<Body>;
    type Error = StdError;
    type Future = FlyteResponse;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        match &mut self.transport {
            Transport::Direct(channel) => GrpcService::poll_ready(channel, cx).map_err(Into::into),
            Transport::Proxied(service) => Service::poll_ready(service.as_mut(), cx),
        }
    }

    fn call(&mut self, request: Request<Body>) -> FlyteResponse {
        match &mut self.transport {
            Transport::Direct(channel) => FlyteResponse::Direct { answering: GrpcService::call(channel, request) },
            Transport::Proxied(service) => {
                FlyteResponse::Proxied { answering: Service::call(service.as_mut(), request) }
            }
        }
    }
}

impl fmt::Debug for FlyteChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxied = matches!(self.transport, Transport::Proxied(_));
        f.debug_struct("FlyteChannel").field("proxied", &proxied).finish_non_exhaustive()
    }
}

pin_project! {
    /// The answer of a [`FlyteChannel`] in the making.
    #[project = Answering]
    #[allow(missing_docs, reason = "nobody but the channel makes one")]
    pub enum FlyteResponse {
        #[doc(hidden)]
        Direct {
            #[pin]
            answering: channel::ResponseFuture,
        },
        #[doc(hidden)]
        Proxied {
            #[pin]
            answering: ResponseFuture<Channel>,
        },
    }
}

impl Future for FlyteResponse {
    type Output = Result<Response<Body>, StdError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Answering::Direct { answering } => answering.poll(cx).map_err(Into::into),
            Answering::Proxied { answering } => {
                let answer = ready!(answering.poll(cx));
                Poll::Ready(answer.map(|response| response.map(Body::new)))
            }
        }
    }
}

impl fmt::Debug for FlyteResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlyteResponse").finish_non_exhaustive()
    }
}

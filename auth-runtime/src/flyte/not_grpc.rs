//! A transport that passes on only the responses of a gRPC server.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response, StatusCode};
use http_body::{Body as HttpBody, Frame};
use tonic::{Code, body::Body, client::GrpcService, codegen::StdError};
use tower_service::Service;

use crate::{Transport, service::response};

/// The response of something that is no gRPC server.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct NotGrpc {
    message: String,
    /// Whether another attempt may help.
    pub(super) transient: bool,
    /// HTTP 404: Go's servers for gRPC over HTTP answer so where a gRPC server says UNIMPLEMENTED.
    pub(super) not_found: bool,
}

/// tonic would read a login page as a message, and call a missing page UNIMPLEMENTED.
#[derive(Clone)]
pub(super) struct GrpcOnly<T> {
    inner: T,
}

impl<T> GrpcOnly<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner }
    }
}

impl<T: Transport> Service<Request<Body>> for GrpcOnly<T> {
    type Response = Response<GrpcBody<T::ResponseBody>>;
    type Error = StdError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, StdError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        GrpcService::poll_ready(&mut self.inner, cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answering = GrpcService::call(&mut self.inner, request);
        Box::pin(async move {
            let mut response = answering.await.map_err(Into::into)?;
            if response::is_not_grpc(&response) {
                let status = response::status_of_not_grpc(&response);
                return Err(StdError::from(NotGrpc {
                    message: status.message().to_owned(),
                    transient: status.code() == Code::Unavailable,
                    not_found: response.status() == StatusCode::NOT_FOUND,
                }));
            }
            response::drop_unreadable_details(response.headers_mut());
            Ok(response.map(|inner| GrpcBody { inner }))
        })
    }
}

/// Takes out of the trailers what tonic would panic on.
pub(super) struct GrpcBody<B> {
    inner: B,
}

impl<B: HttpBody + Unpin> HttpBody for GrpcBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx).map_ok(|frame| match frame.into_trailers() {
            Ok(mut trailers) => {
                response::drop_unreadable_details(&mut trailers);
                Frame::trailers(trailers)
            }
            Err(frame) => frame,
        })
    }
}

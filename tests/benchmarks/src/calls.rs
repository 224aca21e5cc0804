//! The calls that are measured, the same for each variant.

use std::future::Future;

use bytes::Bytes;
use futures_util::Stream;
use http_body::Body as HttpBody;
use tonic::{IntoRequest, Response, Status, Streaming, body::Body, client::GrpcService, codegen::StdError};

use crate::load::{
    Payload,
    load_client::{AuthenticatedLoadClient, LoadClient},
};

/// A client in one of its variants.
pub trait Calls: Clone + Send + Sync + 'static {
    /// One message each way.
    fn echo(
        &mut self,
        request: impl IntoRequest<Payload> + Send,
    ) -> impl Future<Output = Result<Response<Payload>, Status>> + Send;

    /// One request, many responses.
    fn download(
        &mut self,
        payload: Payload,
    ) -> impl Future<Output = Result<Response<Streaming<Payload>>, Status>> + Send;

    /// Many requests, one response.
    fn upload(
        &mut self,
        payloads: impl Stream<Item = Payload> + Send + 'static,
    ) -> impl Future<Output = Result<Response<Payload>, Status>> + Send;

    /// Many messages each way.
    fn exchange(
        &mut self,
        payloads: impl Stream<Item = Payload> + Send + 'static,
    ) -> impl Future<Output = Result<Response<Streaming<Payload>>, Status>> + Send;
}

// The futures are handed on as they are: one more `async` would measure itself, and so would one more function that has to
// move them.
impl<T> Calls for LoadClient<T>
where
    T: GrpcService<Body, Error: Into<StdError>, Future: Send> + Clone + Send + Sync + 'static,
    T::ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    #[inline]
    fn echo(
        &mut self,
        request: impl IntoRequest<Payload> + Send,
    ) -> impl Future<Output = Result<Response<Payload>, Status>> + Send {
        LoadClient::echo(self, request)
    }

    #[inline]
    fn download(
        &mut self,
        payload: Payload,
    ) -> impl Future<Output = Result<Response<Streaming<Payload>>, Status>> + Send {
        LoadClient::download(self, payload)
    }

    #[inline]
    fn upload(
        &mut self,
        payloads: impl Stream<Item = Payload> + Send + 'static,
    ) -> impl Future<Output = Result<Response<Payload>, Status>> + Send {
        LoadClient::upload(self, payloads)
    }

    #[inline]
    fn exchange(
        &mut self,
        payloads: impl Stream<Item = Payload> + Send + 'static,
    ) -> impl Future<Output = Result<Response<Streaming<Payload>>, Status>> + Send {
        LoadClient::exchange(self, payloads)
    }
}

impl<T: auth_runtime::Transport + Sync> Calls for AuthenticatedLoadClient<T> {
    #[inline]
    fn echo(
        &mut self,
        request: impl IntoRequest<Payload> + Send,
    ) -> impl Future<Output = Result<Response<Payload>, Status>> + Send {
        AuthenticatedLoadClient::echo(self, request)
    }

    #[inline]
    fn download(
        &mut self,
        payload: Payload,
    ) -> impl Future<Output = Result<Response<Streaming<Payload>>, Status>> + Send {
        AuthenticatedLoadClient::download(self, payload)
    }

    #[inline]
    fn upload(
        &mut self,
        payloads: impl Stream<Item = Payload> + Send + 'static,
    ) -> impl Future<Output = Result<Response<Payload>, Status>> + Send {
        AuthenticatedLoadClient::upload(self, payloads)
    }

    #[inline]
    fn exchange(
        &mut self,
        payloads: impl Stream<Item = Payload> + Send + 'static,
    ) -> impl Future<Output = Result<Response<Streaming<Payload>>, Status>> + Send {
        AuthenticatedLoadClient::exchange(self, payloads)
    }
}

//! The four kinds of calls, as the methods of generated twins make them.

use tonic::{
    IntoRequest, IntoStreamingRequest, Request, Response, Status, Streaming, codec::Codec, codegen::tokio_stream,
};

use super::ClientCore;
use crate::{Transport, service::method::Method};

impl<T: Transport> ClientCore<T> {
    /// One message each way.
    pub async fn unary<Q, A, C>(
        &self,
        method: &'static Method,
        request: impl IntoRequest<Q>,
        codec: C,
    ) -> Result<Response<A>, Status>
    where
        C: Codec<Encode = Q, Decode = A>,
        Q: Send + Sync + 'static,
        A: Send + Sync + 'static,
    {
        let mut grpc = self.grpc(method);
        // What tonic's own `unary` does, without its future around this one.
        let request = marked(method, request.into_request()).map(tokio_stream::once);
        grpc.client_streaming(request, method.path(), codec).await
    }

    /// One request, many responses.
    pub async fn server_streaming<Q, A, C>(
        &self,
        method: &'static Method,
        request: impl IntoRequest<Q>,
        codec: C,
    ) -> Result<Response<Streaming<A>>, Status>
    where
        C: Codec<Encode = Q, Decode = A>,
        Q: Send + Sync + 'static,
        A: Send + Sync + 'static,
    {
        let mut grpc = self.grpc(method);
        let request = marked(method, request.into_request()).map(tokio_stream::once);
        grpc.streaming(request, method.path(), codec).await
    }

    /// Many requests, one response.
    pub async fn client_streaming<Q, A, C>(
        &self,
        method: &'static Method,
        request: impl IntoStreamingRequest<Message = Q>,
        codec: C,
    ) -> Result<Response<A>, Status>
    where
        C: Codec<Encode = Q, Decode = A>,
        Q: Send + Sync + 'static,
        A: Send + Sync + 'static,
    {
        let mut grpc = self.grpc(method);
        let request = marked(method, request.into_streaming_request());
        grpc.client_streaming(request, method.path(), codec).await
    }

    /// Many messages each way.
    pub async fn bidi_streaming<Q, A, C>(
        &self,
        method: &'static Method,
        request: impl IntoStreamingRequest<Message = Q>,
        codec: C,
    ) -> Result<Response<Streaming<A>>, Status>
    where
        C: Codec<Encode = Q, Decode = A>,
        Q: Send + Sync + 'static,
        A: Send + Sync + 'static,
    {
        let mut grpc = self.grpc(method);
        let request = marked(method, request.into_streaming_request());
        grpc.streaming(request, method.path(), codec).await
    }
}

/// With the extension that tonic's clients put on each request.
fn marked<Q>(method: &'static Method, mut request: Request<Q>) -> Request<Q> {
    request.extensions_mut().insert(method.mark());
    request
}

//! The four kinds of calls, as the methods of generated twins make them.

use tonic::{
    IntoRequest, IntoStreamingRequest, Request, Response, Status, Streaming, client::Grpc, codec::Codec,
    codegen::tokio_stream,
};

use super::ClientCore;
use crate::{
    Transport,
    service::{SingleCall, method::Method},
};

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
        // What tonic's own `unary` does, without its future around this one.
        let (mut grpc, request) = self.begin(method, request.into_request().map(tokio_stream::once));
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
        let (mut grpc, request) = self.begin(method, request.into_request().map(tokio_stream::once));
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
        let (mut grpc, request) = self.begin(method, request.into_streaming_request());
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
        let (mut grpc, request) = self.begin(method, request.into_streaming_request());
        grpc.streaming(request, method.path(), codec).await
    }

    /// tonic's client for this one call. It need not be asked whether it is ready: it always is.
    fn begin<S>(&self, method: &'static Method, mut request: Request<S>) -> (Grpc<SingleCall<T>>, Request<S>) {
        request.extensions_mut().insert(method.mark());
        (self.grpc(method), request)
    }
}

//! The four kinds of calls, as the methods of generated authenticated clients make them.
//!
//! On each request is the extension that tonic's clients put there.
//!
//! A call takes all that it needs when it is made, and borrows nothing: it can be spawned. That costs nothing, for a
//! call needs a clone of the transport anyway.

use std::future::Future;

use tonic::{IntoRequest, IntoStreamingRequest, Response, Status, Streaming, codec::Codec, codegen::tokio_stream};

use super::ClientCore;
use crate::{Transport, service::method::Method};

impl<T: Transport> ClientCore<T> {
    /// One message each way.
    #[inline]
    pub fn unary<R, Q, A, C>(
        &self,
        method: &'static Method,
        request: R,
        codec: C,
    ) -> impl Future<Output = Result<Response<A>, Status>> + Send + use<T, R, Q, A, C>
    where
        R: IntoRequest<Q>,
        C: Codec<Encode = Q, Decode = A> + Send,
        Q: Send + Sync + 'static,
        A: Send + Sync + 'static,
    {
        let (mut grpc, mut request) = (self.grpc(method), request.into_request());
        request.extensions_mut().insert(method.mark());
        // What tonic's own `unary` does, without its future around this one.
        async move { grpc.client_streaming(request.map(tokio_stream::once), method.path(), codec).await }
    }

    /// One request, many responses.
    #[inline]
    pub fn server_streaming<R, Q, A, C>(
        &self,
        method: &'static Method,
        request: R,
        codec: C,
    ) -> impl Future<Output = Result<Response<Streaming<A>>, Status>> + Send + use<T, R, Q, A, C>
    where
        R: IntoRequest<Q>,
        C: Codec<Encode = Q, Decode = A> + Send,
        Q: Send + Sync + 'static,
        A: Send + Sync + 'static,
    {
        let (mut grpc, mut request) = (self.grpc(method), request.into_request());
        request.extensions_mut().insert(method.mark());
        async move { grpc.streaming(request.map(tokio_stream::once), method.path(), codec).await }
    }

    /// Many requests, one response.
    #[inline]
    pub fn client_streaming<R, Q, A, C>(
        &self,
        method: &'static Method,
        request: R,
        codec: C,
    ) -> impl Future<Output = Result<Response<A>, Status>> + Send + use<T, R, Q, A, C>
    where
        R: IntoStreamingRequest<Message = Q>,
        C: Codec<Encode = Q, Decode = A> + Send,
        Q: Send + Sync + 'static,
        A: Send + Sync + 'static,
    {
        let (mut grpc, mut request) = (self.grpc(method), request.into_streaming_request());
        request.extensions_mut().insert(method.mark());
        async move { grpc.client_streaming(request, method.path(), codec).await }
    }

    /// Many messages each way.
    #[inline]
    pub fn bidi_streaming<R, Q, A, C>(
        &self,
        method: &'static Method,
        request: R,
        codec: C,
    ) -> impl Future<Output = Result<Response<Streaming<A>>, Status>> + Send + use<T, R, Q, A, C>
    where
        R: IntoStreamingRequest<Message = Q>,
        C: Codec<Encode = Q, Decode = A> + Send,
        Q: Send + Sync + 'static,
        A: Send + Sync + 'static,
    {
        let (mut grpc, mut request) = (self.grpc(method), request.into_streaming_request());
        request.extensions_mut().insert(method.mark());
        async move { grpc.streaming(request, method.path(), codec).await }
    }
}

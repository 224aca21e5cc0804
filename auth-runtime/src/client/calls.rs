//! The four kinds of calls, as the methods of generated authenticated clients make them.
//!
//! On each request is the extension that tonic's clients put there.
//!
//! A call takes all that it needs when it is made, and borrows nothing: it can be spawned. That costs nothing, for a
//! call needs a clone of the transport anyway.
//!
//! What is awaited is pinned where it is made: awaited by value it would be moved once more, and it is large.

use std::{future::Future, pin::pin};

use tonic::{IntoRequest, IntoStreamingRequest, Response, Status, Streaming, codec::Codec};

use super::{ClientCore, simple};
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
        let mut request = request.into_request();
        let call = self.call(method, &request);
        async move {
            if call.is_simple() {
                return simple::unary(call, request, codec).await;
            }
            request.extensions_mut().insert(method.mark());
            // In a box, so that the others are small.
            Box::pin(async move {
                let mut grpc = call.into_grpc();
                grpc.unary(request, method.path(), codec).await
            })
            .await
        }
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
        let mut request = request.into_request();
        let call = self.call(method, &request);
        async move {
            if call.is_simple() {
                return simple::server_streaming(call, request, codec).await;
            }
            request.extensions_mut().insert(method.mark());
            Box::pin(async move {
                let mut grpc = call.into_grpc();
                grpc.server_streaming(request, method.path(), codec).await
            })
            .await
        }
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
        let mut request = request.into_streaming_request();
        let call = self.call(method, &request);
        request.extensions_mut().insert(method.mark());
        async move {
            let mut grpc = call.into_grpc();
            pin!(grpc.client_streaming(request, method.path(), codec)).await
        }
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
        let mut request = request.into_streaming_request();
        let call = self.call(method, &request);
        request.extensions_mut().insert(method.mark());
        async move {
            let mut grpc = call.into_grpc();
            pin!(grpc.streaming(request, method.path(), codec)).await
        }
    }
}

//! Calls with one message that are neither compressed nor to be cancelled by a handle: nearly all.
//!
//! They do as tonic's `Grpc`, with its encoder and its decoder, whose steps they follow. What they spare is the box of a
//! body that has sent all that it will ever send, to read back from a request what was known before it was made, and
//! buffers that are made for streams.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, Response as HttpResponse};
use http_body::Body as HttpBody;
use tonic::{
    Code, Request, Response, Status, Streaming,
    codec::{Codec, Decoder, EncodeBody, Encoder},
    codegen::{StdError, tokio_stream},
    metadata::{MetadataMap, MetadataValue},
};

use super::{
    buffers::{DecodeOne, EncodeOne},
    core::PreparedCall,
};
use crate::Transport;

/// What a caller's metadata must not set.
const RESERVED: [HeaderName; 5] = [
    HeaderName::from_static("te"),
    HeaderName::from_static("content-type"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-message-type"),
    HeaderName::from_static("grpc-status"),
];

const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: &str = "grpc-accept-encoding";

/// A call that is answered with one message.
#[inline]
pub(super) async fn unary<T, C, Q, A>(
    call: PreparedCall<T>,
    request: Request<Q>,
    mut codec: C,
) -> Result<Response<A>, Status>
where
    T: Transport,
    C: Codec<Encode = Q, Decode = A>,
    Q: Send + 'static,
    A: Send + 'static,
{
    let limits = call.limits();
    let (metadata, _, message) = request.into_parts();
    let message = encode(codec.encoder(), message, limits.encoding);
    let response = call.service.send(sanitized(metadata), message).await.map_err(Status::from_error)?;
    let decoder = DecodeOne::new(codec.decoder(), response.body().bytes_here());
    let (mut headers, extensions, mut messages) = read(response, decoder, limits.decoding)?;
    let message = match messages.message().await {
        Ok(Some(message)) => message,
        Ok(None) => return Err(Status::internal("Missing response message.")),
        Err(status) => return Err(with_headers(status, headers)),
    };
    if let Some(trailers) = messages.trailers().await? {
        headers.extend(trailers.into_headers());
    }
    Ok(Response::from_parts(MetadataMap::from_headers(headers), message, extensions))
}

/// A call that is answered with a stream.
#[inline]
pub(super) async fn server_streaming<T, C, Q, A>(
    call: PreparedCall<T>,
    request: Request<Q>,
    mut codec: C,
) -> Result<Response<Streaming<A>>, Status>
where
    T: Transport,
    C: Codec<Encode = Q, Decode = A>,
    Q: Send + 'static,
    A: Send + 'static,
{
    let limits = call.limits();
    let (metadata, _, message) = request.into_parts();
    let message = encode(codec.encoder(), message, limits.encoding);
    let response = call.service.send(sanitized(metadata), message).await.map_err(Status::from_error)?;
    let (headers, extensions, messages) = read(response, codec.decoder(), limits.decoding)?;
    Ok(Response::from_parts(MetadataMap::from_headers(headers), messages, extensions))
}

/// The message as it is sent.
#[inline]
fn encode<E, Q>(encoder: E, message: Q, limit: Option<usize>) -> Result<Bytes, Status>
where
    E: Encoder<Item = Q, Error = Status>,
{
    let body = pin!(EncodeBody::new_client(EncodeOne(encoder), tokio_stream::once(Ok(message)), None, limit));
    match body.poll_frame(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Some(frame)) => frame.map(|frame| frame.into_data().unwrap_or_default()),
        // Neither is so: the message is there.
        Poll::Ready(None) | Poll::Pending => Err(Status::internal("the encoder has made nothing of the message")),
    }
}

#[inline]
fn sanitized(metadata: MetadataMap) -> HeaderMap {
    let mut headers = metadata.into_headers();
    if !headers.is_empty() {
        for name in RESERVED {
            headers.remove(name);
        }
    }
    headers
}

/// The messages of a response, unless it is complete in its head and says that the call failed.
#[inline]
fn read<B, D, A>(
    response: HttpResponse<B>,
    decoder: D,
    limit: Option<usize>,
) -> Result<(HeaderMap, Extensions, Streaming<A>), Status>
where
    B: HttpBody<Error: Into<StdError>> + Send + 'static,
    D: Decoder<Item = A, Error = Status> + Send + 'static,
{
    let (head, body) = response.into_parts();
    refuse_compressed(&head.headers)?;
    let messages = match Status::from_header_map(&head.headers) {
        None => Streaming::new_response(decoder, body, head.status, None, limit),
        Some(status) if status.code() == Code::Ok => Streaming::new_empty(decoder, body),
        Some(status) => return Err(status),
    };
    Ok((head.headers, head.extensions, messages))
}

/// No encoding was offered: an answer in one is against the protocol.
#[inline]
fn refuse_compressed(headers: &HeaderMap) -> Result<(), Status> {
    match headers.get(ENCODING) {
        None => Ok(()),
        Some(encoding) if encoding == "identity" => Ok(()),
        Some(encoding) => {
            let encoding = format!("`{}`", String::from_utf8_lossy(encoding.as_bytes()));
            let mut status =
                Status::unimplemented(format!("Content is compressed with {encoding} which isn't supported"));
            status.metadata_mut().insert(ACCEPT_ENCODING, MetadataValue::from_static("identity"));
            Err(status)
        }
    }
}

/// A status that came behind a head has what the head says.
#[cold]
fn with_headers(mut status: Status, headers: HeaderMap) -> Status {
    let mut metadata = std::mem::take(status.metadata_mut()).into_headers();
    metadata.extend(headers);
    *status.metadata_mut() = MetadataMap::from_headers(metadata);
    status
}

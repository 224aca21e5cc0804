//! One helper for each kind of RPC: it accepts a call only if it takes and returns what that kind does.
//!
//! `prost::Message` keeps the kinds apart: `Streaming<M>` is no message, so a streaming method is not taken for a unary one.

use prost::Message;
use tokio_stream::Pending;
use tonic::{Request, Response, Status, Streaming};

use crate::declared::Kind;

/// A method that exists: this crate would not compile otherwise.
pub(crate) struct GeneratedMethod {
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
}

pub(crate) fn unary<Client, Input: Message, Output: Message>(
    path: &'static str,
    _: impl AsyncFn(&Client, Request<Input>) -> Result<Response<Output>, Status>,
) -> GeneratedMethod {
    GeneratedMethod { path, kind: Kind::Unary }
}

pub(crate) fn server_streaming<Client, Input: Message, Output: Message>(
    path: &'static str,
    _: impl AsyncFn(&Client, Request<Input>) -> Result<Response<Streaming<Output>>, Status>,
) -> GeneratedMethod {
    GeneratedMethod { path, kind: Kind::ServerStreaming }
}

#[expect(dead_code, reason = "Flyte has no method of this kind")]
pub(crate) fn client_streaming<Client, Input: Message, Output: Message>(
    path: &'static str,
    _: impl AsyncFn(&Client, Request<Pending<Input>>) -> Result<Response<Output>, Status>,
) -> GeneratedMethod {
    GeneratedMethod { path, kind: Kind::ClientStreaming }
}

pub(crate) fn bidi_streaming<Client, Input: Message, Output: Message>(
    path: &'static str,
    _: impl AsyncFn(&Client, Request<Pending<Input>>) -> Result<Response<Streaming<Output>>, Status>,
) -> GeneratedMethod {
    GeneratedMethod { path, kind: Kind::BidiStreaming }
}

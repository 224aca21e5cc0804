//! The small bodies that requests are made of.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use tonic::{Status, body::Body};

pub(super) type PolledFrame = Poll<Option<Result<Frame<Bytes>, Status>>>;

/// In the one kind of box that tonic takes as it is. It wraps any other body once more, and moves each frame once more.
pub(super) fn boxed(body: impl HttpBody<Data = Bytes, Error = Status> + Send + 'static) -> Body {
    Body::new(UnsyncBoxBody::new(body))
}

/// A body of one message.
pub(super) fn message(message: Bytes) -> Body {
    boxed(SingleMessage(Some(message)))
}

/// Says that it has ended as soon as it has, which spares an empty DATA frame.
#[derive(Debug)]
struct SingleMessage(Option<Bytes>);

impl HttpBody for SingleMessage {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> PolledFrame {
        Poll::Ready(self.0.take().map(|message| Ok(Frame::data(message))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

/// A body without a message.
pub(super) fn nothing() -> Body {
    boxed(Nothing)
}

/// Does not say in advance that it ends: the end would stand on the request's HEADERS, and grpc-go's servers before
/// 1.84 then wait for ever. As from plain tonic, an empty DATA frame ends the request (gRPC over HTTP/2, "Requests").
#[derive(Debug)]
struct Nothing;

impl HttpBody for Nothing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> PolledFrame {
        Poll::Ready(None)
    }
}

/// A body that cannot be sent twice: what was taken from it, then this frame, then the rest.
pub(super) fn put_back(taken: VecDeque<Bytes>, last: Result<Frame<Bytes>, Status>, rest: Body) -> Body {
    let rest = boxed(Prefixed { first: Some(last), rest });
    taken.into_iter().rev().fold(rest, |rest, data| boxed(Prefixed { first: Some(Ok(Frame::data(data))), rest }))
}

/// A frame that was taken from a body, in front of the rest.
#[derive(Debug)]
struct Prefixed {
    first: Option<Result<Frame<Bytes>, Status>>,
    rest: Body,
}

impl HttpBody for Prefixed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledFrame {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }
}

/// How the request of an attempt stops for which another is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detach {
    /// With an orderly end, which tells the server that the request is complete: where it has ended the response, and
    /// with it the call. Servers bound how often a client may reset calls, and then close its connection.
    End,
    /// With a reset: whoever has not ended the response might take the request for complete.
    Reset,
}

impl Detach {
    /// What the body of such an attempt yields.
    pub(super) fn frame(self) -> PolledFrame {
        Poll::Ready(match self {
            Self::End => None,
            Self::Reset => {
                let mut status = Status::cancelled("this attempt was given up for another");
                // hyper takes the reason of the reset from here.
                status.set_source(Arc::new(h2::Error::from(h2::Reason::CANCEL)));
                Some(Err(status))
            }
        })
    }
}

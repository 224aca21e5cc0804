//! What was sent of a request, kept so that it can be sent again.
//!
//! A single message is drained before the first attempt and kept by reference count: whatever the transport did with
//! it, the replay has it whole. A stream is recorded while it is sent, up to a bound, behind a fence: once the next
//! attempt begins, the body of the one before yields nothing more, so that no message is taken by a stream that
//! nobody reads.

use std::{
    collections::VecDeque,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tonic::{Status, body::Body};

use super::recording::Recorded;

pub(super) type PolledFrame = Poll<Option<Result<Frame<Bytes>, Status>>>;

/// What the caller's request body has become.
#[derive(Debug)]
pub(crate) enum Kept {
    /// Nothing is kept: the call cannot be sent again.
    Nothing,
    /// The whole request is this message.
    Message {
        /// `None` for a request without a message.
        message: Option<Bytes>,
        /// The body that it came from: tonic's yields an error when the caller cancels. Absent where polling a body
        /// past its end is not known to be allowed.
        exhausted: Option<Body>,
    },
    /// A stream of messages.
    Stream(Recorded),
}

impl Kept {
    /// Drains a request of one message. Ready at once for tonic's own bodies.
    ///
    /// An error of the encoder is put into the body that is sent: plain tonic's path from there on is kept.
    pub(crate) fn poll_drain(body: &mut Body, cx: &mut Context<'_>) -> Poll<(Self, Body)> {
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        let message = match frame {
            None => None,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(message) => Some(message),
                Err(frame) => {
                    return Poll::Ready((Self::Nothing, Body::new(Prefixed::new(Ok(frame), mem::take(body)))));
                }
            },
            Some(Err(status)) => {
                return Poll::Ready((Self::Nothing, Body::new(Prefixed::new(Err(status), mem::take(body)))));
            }
        };
        let first = message_body(message.clone());
        Poll::Ready((Self::Message { message, exhausted: Some(mem::take(body)) }, first))
    }

    /// Finds out whether a request that may be a stream is a single message, which costs less to keep, without waiting:
    /// two polls at most, and no second one behind a message of more than `enough` bytes.
    ///
    /// `fused` says that the body may be polled past its end.
    pub(crate) fn probe(
        mut body: Body,
        bound: usize,
        enough: usize,
        fused: bool,
        cx: &mut Context<'_>,
    ) -> (Self, Body) {
        let (mut taken, mut last) = (VecDeque::new(), None::<Bytes>);
        for _ in 0..2 {
            if last.as_ref().is_some_and(|data| data.len() > enough) {
                break;
            }
            match Pin::new(&mut body).poll_frame(cx) {
                Poll::Pending => break,
                Poll::Ready(None) => {
                    let first = message_body(last.clone());
                    return (Self::Message { message: last, exhausted: fused.then_some(body) }, first);
                }
                Poll::Ready(Some(frame)) => {
                    let unlike = match frame.map(Frame::into_data) {
                        Ok(Ok(data)) => {
                            // A single message needs no queue.
                            taken.extend(last.replace(data));
                            continue;
                        }
                        Ok(Err(frame)) => Ok(frame),
                        Err(status) => Err(status),
                    };
                    taken.extend(last);
                    return (Self::Nothing, in_front(taken, unlike, body));
                }
            }
        }
        taken.extend(last);
        let recorded = Recorded::new(taken, body, bound, fused);
        let first = Body::new(recorded.attempt());
        (Self::Stream(recorded), first)
    }

    /// Whether all that was sent is still here.
    pub(crate) fn replayable(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Message { .. } => true,
            Self::Stream(recorded) => recorded.replayable(),
        }
    }

    /// Detaches the body of the attempt before.
    pub(crate) fn fence(&self) {
        if let Self::Stream(recorded) = self {
            recorded.fence();
        }
    }

    /// The body of the next attempt. Nothing is kept for another after it.
    pub(crate) fn last_attempt(&mut self) -> Body {
        match mem::replace(self, Self::Nothing) {
            Self::Nothing => Body::empty(),
            Self::Message { message, exhausted } => {
                // Still polled for the caller's cancellation.
                *self = Self::Message { message: None, exhausted };
                message_body(message)
            }
            // Dropping the handle ends the recording.
            Self::Stream(recorded) => Body::new(recorded.attempt()),
        }
    }

    /// Ready when the caller has cancelled the call, or its stream failed, while no attempt is under way.
    pub(crate) fn poll_cancelled(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        match self {
            Self::Stream(recorded) => recorded.poll_ahead(cx),
            Self::Nothing | Self::Message { .. } => self.poll_cancelled_meanwhile(cx),
        }
    }

    /// The same while an attempt is under way, whose body polls the stream itself.
    pub(crate) fn poll_cancelled_meanwhile(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        match self {
            Self::Message { exhausted: Some(body), .. } => match Pin::new(body).poll_frame(cx) {
                Poll::Ready(Some(Err(status))) => Poll::Ready(status),
                _ => Poll::Pending,
            },
            Self::Nothing | Self::Stream(_) | Self::Message { exhausted: None, .. } => Poll::Pending,
        }
    }
}

fn message_body(message: Option<Bytes>) -> Body {
    match message {
        Some(message) => Body::new(SingleMessage { message: Some(message) }),
        None => Body::empty(),
    }
}

/// A body of one message. Says that it has ended as soon as it has, which spares an empty DATA frame.
#[derive(Debug)]
struct SingleMessage {
    message: Option<Bytes>,
}

impl HttpBody for SingleMessage {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> PolledFrame {
        Poll::Ready(self.message.take().map(|message| Ok(Frame::data(message))))
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_none()
    }
}

/// A frame that was taken from a body, in front of the rest.
#[derive(Debug)]
struct Prefixed {
    first: Option<Result<Frame<Bytes>, Status>>,
    rest: Body,
}

impl Prefixed {
    fn new(first: Result<Frame<Bytes>, Status>, rest: Body) -> Self {
        Self { first: Some(first), rest }
    }
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

/// A body that cannot be sent twice: what was taken from it, then this, then the rest.
fn in_front(taken: VecDeque<Bytes>, last: Result<Frame<Bytes>, Status>, rest: Body) -> Body {
    let rest = Body::new(Prefixed::new(last, rest));
    taken.into_iter().rev().fold(rest, |rest, data| Body::new(Prefixed::new(Ok(Frame::data(data)), rest)))
}

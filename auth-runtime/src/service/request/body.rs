//! What was sent of a request, kept so that it can be sent again.
//!
//! A single message is drained before the first attempt and kept by reference count: whatever the transport did with
//! it, the next attempt has it whole. A stream is recorded while it is sent, as far as its buffer allows.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    mem,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tonic::{Status, body::Body};

use super::{
    attempt_body::AttemptBody,
    frames::{self, Detach},
    stream::RequestStream,
};

/// What the caller's request body has become.
#[derive(Debug)]
pub(crate) enum ReplayableBody {
    /// Nothing is kept: the call cannot be sent again.
    Nothing,
    /// The whole request is this message.
    Message {
        /// `None` for a request without a message.
        message: Option<Bytes>,
        /// The body that it came from: tonic's yields an error when the caller cancels. Absent where no caller can,
        /// and where polling a body past its end is not known to be allowed.
        exhausted: Option<Body>,
    },
    /// A stream of messages.
    Stream(RequestStream),
}

impl ReplayableBody {
    /// Drains a request of one message, and puts in its place what is sent. Ready at once for tonic's own bodies.
    ///
    /// An error of the encoder is put into the body that is sent: plain tonic's path from there on is kept.
    #[inline]
    pub(crate) fn poll_drain(body: &mut Body, cx: &mut Context<'_>) -> Poll<Self> {
        let message = match ready!(Pin::new(&mut *body).poll_frame(cx)) {
            None => None,
            Some(frame) => match frame.map(Frame::into_data) {
                Ok(Ok(message)) => Some(message),
                Ok(Err(frame)) => return Poll::Ready(Self::unrepeatable(Ok(frame), body)),
                Err(status) => return Poll::Ready(Self::unrepeatable(Err(status), body)),
            },
        };
        let exhausted = mem::replace(body, message_body(message.clone()));
        Poll::Ready(Self::Message { message, exhausted: Some(exhausted) })
    }

    /// What is kept of a message that is encoded, and what is sent. An error of the encoder is sent as by plain tonic.
    #[inline]
    pub(crate) fn of_message(message: Result<Bytes, Status>) -> (Self, Body) {
        match message {
            Ok(message) => {
                let sent = frames::message(message.clone());
                (Self::Message { message: Some(message), exhausted: None }, sent)
            }
            Err(status) => (Self::Nothing, frames::put_back(VecDeque::new(), Err(status), Body::empty())),
        }
    }

    fn unrepeatable(frame: Result<Frame<Bytes>, Status>, body: &mut Body) -> Self {
        *body = frames::put_back(VecDeque::new(), frame, mem::take(body));
        Self::Nothing
    }

    /// Finds out whether a request that may be a stream is a single message, which costs less to keep, without waiting:
    /// two polls at most, and no second one behind a message of more than `enough` bytes.
    ///
    /// What is sent takes the body's place. `fused` says that the body may be polled past its end.
    pub(crate) fn probe(body: &mut Body, capacity: usize, enough: usize, fused: bool, cx: &mut Context<'_>) -> Self {
        let (mut taken, mut last) = (VecDeque::new(), None::<Bytes>);
        for _ in 0..2 {
            if last.as_ref().is_some_and(|message| message.len() > enough) {
                break;
            }
            match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Pending => break,
                Poll::Ready(None) => {
                    let exhausted = mem::replace(body, message_body(last.clone()));
                    return Self::Message { message: last, exhausted: fused.then_some(exhausted) };
                }
                Poll::Ready(Some(frame)) => {
                    let unlike = match frame.map(Frame::into_data) {
                        Ok(Ok(message)) => {
                            // A single message needs no queue.
                            taken.extend(last.replace(message));
                            continue;
                        }
                        Ok(Err(frame)) => Ok(frame),
                        Err(status) => Err(status),
                    };
                    taken.extend(last);
                    *body = frames::put_back(taken, unlike, mem::take(body));
                    return Self::Nothing;
                }
            }
        }
        taken.extend(last);
        let stream = RequestStream::new(taken, mem::take(body), capacity, fused);
        *body = frames::boxed(AttemptBody::of(&stream));
        Self::Stream(stream)
    }

    /// Whether all that was sent is still here.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Message { .. } => true,
            Self::Stream(stream) => stream.is_whole(),
        }
    }

    /// Whether so much may be sent that it is not all here any more.
    pub(crate) fn may_outgrow(&self) -> bool {
        matches!(self, Self::Stream(_))
    }

    /// Detaches the body of the attempt before.
    pub(crate) fn fence(&self, detach: Detach) {
        if let Self::Stream(stream) = self {
            stream.fence(detach);
        }
    }

    /// The body of the next attempt.
    pub(crate) fn attempt(&self) -> Body {
        match self {
            Self::Nothing => frames::nothing(),
            Self::Message { message, .. } => message_body(message.clone()),
            Self::Stream(stream) => frames::boxed(AttemptBody::of(stream)),
        }
    }

    /// Waits for something while no attempt is under way, unless the caller cancels or the caller's stream fails.
    pub(crate) async fn while_idle<F: Future>(&mut self, waited_for: F) -> Result<F::Output, Status> {
        let mut waited_for = pin!(waited_for);
        poll_fn(|cx| match self.poll_cancelled(cx) {
            Poll::Ready(status) => Poll::Ready(Err(status)),
            Poll::Pending => waited_for.as_mut().poll(cx).map(Ok),
        })
        .await
    }

    /// The same while an attempt is under way, whose body polls the stream itself.
    pub(crate) async fn while_in_flight<F: Future>(&mut self, waited_for: F) -> Result<F::Output, Status> {
        let mut waited_for = pin!(waited_for);
        poll_fn(|cx| match waited_for.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll_cancelled_in_flight(cx).map(Err),
        })
        .await
    }

    fn poll_cancelled(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        match self {
            Self::Stream(stream) => stream.poll_ahead(cx),
            Self::Nothing | Self::Message { .. } => self.poll_cancelled_in_flight(cx),
        }
    }

    /// Ready when the caller has cancelled the call while an attempt is under way.
    pub(crate) fn poll_cancelled_in_flight(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        match self {
            Self::Message { exhausted: Some(body), .. } => match Pin::new(body).poll_frame(cx) {
                Poll::Ready(Some(Err(status))) => Poll::Ready(status),
                _ => Poll::Pending,
            },
            Self::Nothing | Self::Stream(_) | Self::Message { exhausted: None, .. } => Poll::Pending,
        }
    }
}

#[inline]
fn message_body(message: Option<Bytes>) -> Body {
    message.map_or_else(frames::nothing, frames::message)
}

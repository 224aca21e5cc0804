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
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tonic::{Status, body::Body};

type PolledFrame = Poll<Option<Result<Frame<Bytes>, Status>>>;

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
        let frame = std::task::ready!(Pin::new(&mut *body).poll_frame(cx));
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

    /// Finds out whether a request of unknown kind is a single message, without waiting: two polls at most.
    ///
    /// `fused` says that the body may be polled past its end.
    pub(crate) fn probe(mut body: Body, bound: usize, fused: bool, cx: &mut Context<'_>) -> (Self, Body) {
        let mut recording = Recording::new(Body::empty(), bound);
        for _ in 0..2 {
            match Pin::new(&mut body).poll_frame(cx) {
                Poll::Pending => break,
                Poll::Ready(None) => {
                    let message = recording.kept.pop_front();
                    let first = message_body(message.clone());
                    return (Self::Message { message, exhausted: fused.then_some(body) }, first);
                }
                Poll::Ready(Some(frame)) => match frame.map(Frame::into_data) {
                    Ok(Ok(data)) => recording.keep(data),
                    Ok(Err(frame)) => return (Self::Nothing, recording.in_front_of(Ok(frame), body)),
                    Err(status) => return (Self::Nothing, recording.in_front_of(Err(status), body)),
                },
            }
        }
        recording.source = body;
        Self::recorded(recording)
    }

    /// Records a request of many messages. Returns the body of the first attempt.
    pub(crate) fn record(body: Body, bound: usize) -> (Self, Body) {
        Self::recorded(Recording::new(body, bound))
    }

    fn recorded(recording: Recording) -> (Self, Body) {
        let recorded = Recorded { recording: Arc::new(Mutex::new(recording)) };
        let first = recorded.attempt();
        (Self::Stream(recorded), first)
    }

    /// Whether all that was sent is still here.
    pub(crate) fn replayable(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Message { .. } => true,
            Self::Stream(recorded) => recorded.lock().replayable(),
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
            Self::Stream(recorded) => {
                let body = recorded.attempt();
                recorded.lock().release();
                body
            }
        }
    }

    /// Ready when the caller has cancelled the call, or its stream failed, while no attempt is under way.
    pub(crate) fn poll_cancelled(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        match self {
            Self::Message { exhausted: Some(body), .. } => match Pin::new(body).poll_frame(cx) {
                Poll::Ready(Some(Err(status))) => Poll::Ready(status),
                _ => Poll::Pending,
            },
            Self::Stream(recorded) => recorded.lock().poll_ahead(cx),
            Self::Nothing | Self::Message { exhausted: None, .. } => Poll::Pending,
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

/// A handle on a recorded stream. Dropping it ends the recording, not the stream.
#[derive(Debug)]
pub(crate) struct Recorded {
    recording: Arc<Mutex<Recording>>,
}

impl Recorded {
    fn lock(&self) -> MutexGuard<'_, Recording> {
        lock(&self.recording)
    }

    fn attempt(&self) -> Body {
        let attempt = self.lock().attempt;
        Body::new(AttemptBody { recording: Arc::clone(&self.recording), attempt })
    }

    fn fence(&self) {
        let detached = {
            let mut recording = self.lock();
            recording.attempt += 1;
            recording.position = 0;
            recording.waker.take()
        };
        // Its stream is reset instead of waiting for messages that now belong to another.
        if let Some(waker) = detached {
            waker.wake();
        }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.lock().release();
    }
}

fn lock(recording: &Mutex<Recording>) -> MutexGuard<'_, Recording> {
    // Poisoned only if the caller's own stream panicked while it was polled; its next poll shows that again.
    recording.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct Recording {
    source: Body,
    ended: bool,
    /// What was taken from the source, for attempts that start over.
    kept: VecDeque<Bytes>,
    kept_bytes: usize,
    /// How many of them the present attempt has sent.
    position: usize,
    bound: usize,
    /// Whether frames that are sent stay here.
    keeping: bool,
    /// Whether frames that were sent are gone.
    lost: bool,
    attempt: u32,
    waker: Option<Waker>,
}

impl Recording {
    fn new(source: Body, bound: usize) -> Self {
        Self {
            source,
            ended: false,
            kept: VecDeque::new(),
            kept_bytes: 0,
            position: 0,
            bound,
            keeping: true,
            lost: false,
            attempt: 0,
            waker: None,
        }
    }

    fn replayable(&self) -> bool {
        self.keeping && !self.lost
    }

    /// No further attempt will come: what the present one has sent is not needed any more.
    fn release(&mut self) {
        self.keeping = false;
        self.forget_sent();
    }

    /// Takes the next frame from the source.
    fn poll_source(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        if self.ended {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut self.source).poll_frame(cx);
        match &polled {
            Poll::Ready(None) => self.ended = true,
            // The caller's stream failed, or the caller cancelled: there is nothing whole to send again.
            Poll::Ready(Some(Err(_))) => {
                self.ended = true;
                self.lost = true;
            }
            Poll::Ready(Some(Ok(frame))) if !frame.is_data() => self.lost = true,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn poll_attempt(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        if let Some(frame) = self.kept.get(self.position).cloned() {
            self.position += 1;
            if !self.keeping {
                self.forget_sent();
            }
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        let polled = self.poll_source(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            if let (true, Some(data)) = (self.replayable(), frame.data_ref()) {
                if self.kept_bytes + data.len() <= self.bound {
                    self.keep(data.clone());
                    self.position += 1;
                } else {
                    self.lost = true;
                    self.forget_sent();
                }
            }
        }
        polled
    }

    /// Takes frames in advance, to notice a cancellation while nothing is being sent. What it takes it holds, one
    /// frame past the bound at most: the next attempt sends it.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        while self.kept_bytes <= self.bound && !self.ended {
            match std::task::ready!(self.poll_source(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.keep(data);
                    }
                }
                Some(Err(status)) => return Poll::Ready(status),
                None => {}
            }
        }
        Poll::Pending
    }

    /// A body that cannot be sent twice: what was taken, then this, then the rest.
    fn in_front_of(&mut self, last: Result<Frame<Bytes>, Status>, rest: Body) -> Body {
        let rest = Body::new(Prefixed::new(last, rest));
        self.kept.drain(..).rev().fold(rest, |rest, data| Body::new(Prefixed::new(Ok(Frame::data(data)), rest)))
    }

    fn keep(&mut self, data: Bytes) {
        self.kept_bytes += data.len();
        self.kept.push_back(data);
    }

    fn forget_sent(&mut self) {
        for frame in self.kept.drain(..self.position) {
            self.kept_bytes -= frame.len();
        }
        self.position = 0;
    }
}

/// The body of one attempt.
#[derive(Debug)]
struct AttemptBody {
    recording: Arc<Mutex<Recording>>,
    attempt: u32,
}

impl HttpBody for AttemptBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledFrame {
        let mut recording = lock(&self.recording);
        if recording.attempt != self.attempt {
            return Poll::Ready(Some(Err(detached())));
        }
        let polled = recording.poll_attempt(cx);
        recording.waker = polled.is_pending().then(|| cx.waker().clone());
        polled
    }
}

/// Resets the stream of an attempt that was given up. Ending it would tell the server that the request is complete.
fn detached() -> Status {
    let mut status = Status::cancelled("this attempt was given up for another with new credentials");
    // hyper takes the reason of the reset from here.
    status.set_source(Arc::new(h2::Error::from(h2::Reason::CANCEL)));
    status
}

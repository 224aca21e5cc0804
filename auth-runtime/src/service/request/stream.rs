//! A request stream that is recorded while it is sent, behind a fence.
//!
//! Once the next attempt begins, the body of the one before yields nothing more, so that no message is taken by a stream
//! that nobody reads.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tonic::{Status, body::Body};

use super::{
    buffer::ReplayBuffer,
    frames::{Detach, PolledFrame},
};

/// The call's handle on the caller's stream. Dropping it ends the recording, not the stream.
#[derive(Debug)]
pub(crate) struct RequestStream {
    shared: Arc<SharedStream>,
}

impl RequestStream {
    /// Records a stream of which some messages were taken already.
    ///
    /// `fused` says that the stream may be polled past its end.
    pub(super) fn new(taken: VecDeque<Bytes>, source: Body, capacity: usize, fused: bool) -> Self {
        let recording = Recording {
            source: Some(source),
            waiting: None,
            fused,
            ended: false,
            buffer: ReplayBuffer::new(taken, capacity),
            attempt: 0,
            detach: Detach::Reset,
            waker: None,
        };
        Self { shared: Arc::new(SharedStream(Mutex::new(recording))) }
    }

    /// Whether all that was sent is still here.
    pub(super) fn is_whole(&self) -> bool {
        self.shared.lock().buffer.is_whole()
    }

    /// Takes messages in advance, to notice a cancellation while nothing is being sent.
    ///
    /// What it takes is held for the next attempt to send. Beyond the buffer that is one message each time the task is
    /// woken, because it may be the cancellation that woke it.
    pub(super) fn poll_ahead(&self, cx: &mut Context<'_>) -> Poll<Status> {
        loop {
            let polled = self.shared.poll_source(cx, |recording, polled| match polled {
                Poll::Ready(Some(Ok(frame))) => {
                    recording.keep(frame);
                    Poll::Ready(Ok(()))
                }
                Poll::Ready(Some(Err(status))) => Poll::Ready(Err(status)),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            });
            if let Err(status) = ready!(polled) {
                return Poll::Ready(status);
            }
            if self.shared.lock().buffer.is_full() {
                return Poll::Pending;
            }
        }
    }

    /// What the body of the present attempt reads, from the first message on, and the attempt's number.
    pub(super) fn attempt(&self) -> (Arc<SharedStream>, u32) {
        (Arc::clone(&self.shared), self.shared.lock().attempt)
    }

    /// Detaches the body of the attempt before.
    pub(super) fn fence(&self, detach: Detach) {
        let detached = {
            let mut recording = self.shared.lock();
            recording.attempt += 1;
            recording.detach = detach;
            recording.buffer.rewind();
            recording.waker.take()
        };
        // It stops instead of waiting for messages that now belong to another.
        if let Some(waker) = detached {
            waker.wake();
        }
    }
}

impl Drop for RequestStream {
    fn drop(&mut self) {
        self.shared.lock().buffer.release();
    }
}

/// What the call and the bodies of its attempts share.
#[derive(Debug)]
pub(super) struct SharedStream(Mutex<Recording>);

/// What is next for the body of an attempt.
pub(super) enum Next {
    /// This message is here already.
    Message(Bytes),
    /// The caller's stream has to be asked.
    Ask,
    /// No other attempt will want any of the stream: it is this one's alone.
    Alone(Body),
    /// Another attempt has begun.
    Detached(Detach),
}

impl SharedStream {
    /// What this attempt is to do.
    pub(super) fn next(&self, attempt: u32) -> Next {
        let mut recording = self.lock();
        if recording.attempt != attempt {
            return Next::Detached(recording.detach);
        }
        match recording.buffer.next() {
            Some(message) => Next::Message(message),
            None => recording.take_source().map_or(Next::Ask, Next::Alone),
        }
    }

    /// Asks the caller's stream for this attempt.
    pub(super) fn poll_for(&self, attempt: u32, cx: &mut Context<'_>) -> PolledFrame {
        let polled = self.poll_source(cx, |recording, polled| recording.send(attempt, polled));
        if polled.is_pending() {
            let _replaced = {
                let mut recording = self.lock();
                if recording.attempt != attempt {
                    return recording.detach.frame();
                }
                recording.waker.replace(cx.waker().clone())
            };
        }
        polled
    }

    /// Takes the next frame from the caller's stream and has the recording make something of it.
    ///
    /// No lock is held while the stream is polled: it is the caller's code, and may well poll or drop the response of
    /// the very call that it feeds.
    fn poll_source<R>(
        &self,
        cx: &mut Context<'_>,
        make: impl FnOnce(&mut Recording, PolledFrame) -> Poll<R>,
    ) -> Poll<R> {
        let Some(mut borrowed) = Borrowed::take(self, cx) else { return Poll::Pending };
        let polled = borrowed.poll(cx);
        let (made, waiting) = {
            let mut recording = self.lock();
            recording.source = borrowed.source.take();
            recording.record_end(&polled);
            (make(&mut recording, polled), recording.waiting.take())
        };
        if let Some(waiting) = waiting {
            waiting.wake();
        }
        made
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        // None of the code that runs under this lock can panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The caller's stream, taken out of the recording for one poll.
struct Borrowed<'a> {
    shared: &'a SharedStream,
    source: Option<Body>,
    over: bool,
}

impl<'a> Borrowed<'a> {
    /// `None` while another attempt's body is polling it: the task is woken when that is over.
    fn take(shared: &'a SharedStream, cx: &Context<'_>) -> Option<Self> {
        let (source, over, _replaced) = {
            let mut recording = shared.lock();
            let source = recording.source.take();
            let replaced = match &source {
                Some(_) => None,
                None => recording.waiting.replace(cx.waker().clone()),
            };
            (source, recording.ended && !recording.fused, replaced)
        };
        source.map(|source| Self { shared, source: Some(source), over })
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        match &mut self.source {
            Some(source) if !self.over => Pin::new(source).poll_frame(cx),
            _ => Poll::Ready(None),
        }
    }
}

impl Drop for Borrowed<'_> {
    /// Only where the caller's stream panicked: its next poll may show that again, but nobody waits for ever.
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            let waiting = {
                let mut recording = self.shared.lock();
                recording.source = Some(source);
                recording.waiting.take()
            };
            if let Some(waiting) = waiting {
                waiting.wake();
            }
        }
    }
}

#[derive(Debug)]
struct Recording {
    /// Absent while it is being polled.
    source: Option<Body>,
    /// Who found it absent.
    waiting: Option<Waker>,
    /// Whether the source may be polled past its end: tonic's yields an error then, when the caller cancels.
    fused: bool,
    ended: bool,
    buffer: ReplayBuffer,
    attempt: u32,
    /// How the attempts before it stop.
    detach: Detach,
    /// Who sends the present attempt, and waits for more.
    waker: Option<Waker>,
}

impl Recording {
    /// The stream, where no further attempt will want any of it.
    fn take_source(&mut self) -> Option<Body> {
        if self.buffer.is_whole() || self.ended { None } else { self.source.take() }
    }

    /// Remembers an end, and what can never be sent again.
    fn record_end(&mut self, polled: &PolledFrame) {
        match polled {
            Poll::Ready(None) => self.ended = true,
            // The caller's stream failed, or the caller cancelled: there is nothing whole to send again.
            Poll::Ready(Some(Err(_))) => {
                self.ended = true;
                self.buffer.record_loss();
            }
            Poll::Ready(Some(Ok(frame))) if !frame.is_data() => self.buffer.record_loss(),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
    }

    /// What the source has said goes out with an attempt.
    fn send(&mut self, attempt: u32, polled: PolledFrame) -> PolledFrame {
        if self.attempt != attempt {
            // The fence went up while the source was polled: this belongs to the next attempt.
            if let Poll::Ready(Some(Ok(frame))) = polled {
                self.keep(frame);
            }
            return self.detach.frame();
        }
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(message) = frame.data_ref()
        {
            self.buffer.record_sent(message);
        }
        polled
    }

    fn keep(&mut self, frame: Frame<Bytes>) {
        if let Ok(message) = frame.into_data() {
            self.buffer.keep(message);
        }
    }
}

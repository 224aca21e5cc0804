//! A request stream that is recorded while it is sent, behind a fence.

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
    attempt_body::{AttemptBody, detached},
    kept::PolledFrame,
};

/// A handle on a recorded stream. Dropping it ends the recording, not the stream.
#[derive(Debug)]
pub(crate) struct Recorded {
    recording: Arc<Mutex<Recording>>,
}

impl Recorded {
    /// Records a stream of which some frames were taken already.
    ///
    /// `fused` says that the stream may be polled past its end.
    pub(super) fn new(taken: VecDeque<Bytes>, source: Body, bound: usize, fused: bool) -> Self {
        Self { recording: Arc::new(Mutex::new(Recording::new(taken, source, bound, fused))) }
    }

    /// Whether all that was sent is still here.
    pub(super) fn replayable(&self) -> bool {
        self.lock().replayable()
    }

    /// Takes frames in advance, to notice a cancellation while nothing is being sent.
    ///
    /// What it takes is held for the next attempt to send. Beyond the bound that is one frame each time the task is
    /// woken, because it may be the cancellation that woke it.
    pub(super) fn poll_ahead(&self, cx: &mut Context<'_>) -> Poll<Status> {
        loop {
            let polled = poll_source(&self.recording, cx, |recording, polled| match polled {
                Poll::Ready(Some(Ok(frame))) => {
                    recording.keep_frame(frame);
                    Poll::Ready(Ok(()))
                }
                Poll::Ready(Some(Err(status))) => Poll::Ready(Err(status)),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            });
            if let Err(status) = ready!(polled) {
                return Poll::Ready(status);
            }
            if self.lock().is_full() {
                return Poll::Pending;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        lock(&self.recording)
    }

    /// The body of an attempt, from the first frame on.
    pub(super) fn attempt(&self) -> AttemptBody {
        AttemptBody::Shared { recording: Arc::clone(&self.recording), attempt: self.lock().attempt }
    }

    /// Detaches the body of the attempt before.
    pub(super) fn fence(&self) {
        let detached = {
            let mut recording = self.lock();
            recording.attempt += 1;
            recording.rewind();
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

pub(super) fn lock(recording: &Mutex<Recording>) -> MutexGuard<'_, Recording> {
    // None of the code that runs under this lock can panic half-way.
    recording.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the next frame from the caller's stream and has the recording make something of it.
///
/// No lock is held while the stream is polled: it is the caller's code, and may well poll or drop the answer of the
/// very call that it feeds.
pub(super) fn poll_source<R>(
    recording: &Mutex<Recording>,
    cx: &mut Context<'_>,
    make: impl FnOnce(&mut Recording, PolledFrame) -> Poll<R>,
) -> Poll<R> {
    let Some(mut borrowed) = Borrowed::take(recording, cx) else { return Poll::Pending };
    let polled = borrowed.poll(cx);
    let (made, waiting) = {
        let mut recording = lock(recording);
        recording.source = borrowed.source.take();
        recording.note(&polled);
        (make(&mut recording, polled), recording.waiting.take())
    };
    if let Some(waiting) = waiting {
        waiting.wake();
    }
    made
}

/// The caller's stream, taken out of the recording for one poll.
struct Borrowed<'a> {
    recording: &'a Mutex<Recording>,
    source: Option<Body>,
    over: bool,
}

impl<'a> Borrowed<'a> {
    /// `None` while another attempt's body is polling it: the task is woken when that is over.
    fn take(recording: &'a Mutex<Recording>, cx: &Context<'_>) -> Option<Self> {
        let (source, over, _replaced) = {
            let mut recording = lock(recording);
            let source = recording.source.take();
            let replaced = match &source {
                Some(_) => None,
                None => recording.waiting.replace(cx.waker().clone()),
            };
            (source, recording.ended && !recording.fused, replaced)
        };
        source.map(|source| Self { recording, source: Some(source), over })
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
                let mut recording = lock(self.recording);
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
pub(super) struct Recording {
    /// Absent while it is being polled.
    source: Option<Body>,
    /// Who found it absent.
    waiting: Option<Waker>,
    /// Whether the source may be polled past its end: tonic's yields an error then, when the caller cancels.
    fused: bool,
    ended: bool,
    /// What was taken from the source, for attempts that start over.
    kept: VecDeque<Bytes>,
    kept_bytes: usize,
    /// How many of them the present attempt has sent, and how many bytes they have.
    position: usize,
    sent_bytes: usize,
    bound: usize,
    /// Whether frames that are sent stay here.
    keeping: bool,
    /// Whether frames that were sent are gone.
    lost: bool,
    pub(super) attempt: u32,
    /// Who sends the present attempt, and waits for more.
    pub(super) waker: Option<Waker>,
}

impl Recording {
    fn new(taken: VecDeque<Bytes>, source: Body, bound: usize, fused: bool) -> Self {
        Self {
            source: Some(source),
            waiting: None,
            fused,
            ended: false,
            kept_bytes: taken.iter().map(Bytes::len).sum(),
            kept: taken,
            position: 0,
            sent_bytes: 0,
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

    /// The stream, where no further attempt will want any of it.
    pub(super) fn let_go(&mut self) -> Option<Body> {
        if self.replayable() || self.ended { None } else { self.source.take() }
    }

    /// No further attempt will come: what the present one has sent is not needed any more.
    fn release(&mut self) {
        self.keeping = false;
        self.forget_sent();
    }

    /// Whether no more is to be taken in advance.
    fn is_full(&self) -> bool {
        self.kept_bytes > self.bound
    }

    /// Notes what the source has said.
    fn note(&mut self, polled: &PolledFrame) {
        match polled {
            Poll::Ready(None) => self.ended = true,
            // The caller's stream failed, or the caller cancelled: there is nothing whole to send again.
            Poll::Ready(Some(Err(_))) => {
                self.ended = true;
                self.lost = true;
            }
            Poll::Ready(Some(Ok(frame))) if !frame.is_data() => self.lost = true,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
    }

    /// A frame that is here already, for an attempt that has not sent it yet.
    pub(super) fn next_kept(&mut self) -> Option<Bytes> {
        let frame = self.kept.get(self.position).cloned()?;
        self.position += 1;
        self.sent_bytes += frame.len();
        // What was taken in advance may be more than may be held once it was sent.
        self.lost |= self.keeping && self.sent_bytes > self.bound;
        if !self.replayable() {
            self.forget_sent();
        }
        Some(frame)
    }

    /// What the source has said goes out with an attempt.
    pub(super) fn send(&mut self, attempt: u32, polled: PolledFrame) -> PolledFrame {
        if self.attempt != attempt {
            // The fence went up while the source was polled: this belongs to the next attempt.
            if let Poll::Ready(Some(Ok(frame))) = polled {
                self.keep_frame(frame);
            }
            return Poll::Ready(Some(Err(detached())));
        }
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
            && self.replayable()
        {
            if self.kept_bytes + data.len() <= self.bound {
                self.keep(data.clone());
                self.position += 1;
                self.sent_bytes += data.len();
            } else {
                self.lost = true;
                self.forget_sent();
            }
        }
        polled
    }

    fn keep_frame(&mut self, frame: Frame<Bytes>) {
        if let Ok(data) = frame.into_data() {
            self.keep(data);
        }
    }

    fn keep(&mut self, data: Bytes) {
        self.kept_bytes += data.len();
        self.kept.push_back(data);
    }

    fn forget_sent(&mut self) {
        for frame in self.kept.drain(..self.position) {
            self.kept_bytes -= frame.len();
        }
        self.rewind();
    }

    fn rewind(&mut self) {
        self.position = 0;
        self.sent_bytes = 0;
    }
}

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

use super::kept::PolledFrame;

/// A handle on a recorded stream. Dropping it ends the recording, not the stream.
#[derive(Debug)]
pub(crate) struct Recorded {
    recording: Arc<Mutex<Recording>>,
}

impl Recorded {
    /// Records a stream of which some frames were taken already.
    ///
    /// `fused` says that the stream may be polled past its end.
    pub(super) fn new(taken: Vec<Bytes>, source: Body, bound: usize, fused: bool) -> Self {
        let mut recording = Recording::new(source, bound, fused);
        taken.into_iter().for_each(|data| recording.keep(data));
        Self { recording: Arc::new(Mutex::new(recording)) }
    }

    /// Whether all that was sent is still here.
    pub(super) fn replayable(&self) -> bool {
        self.lock().replayable()
    }

    /// Takes frames in advance, to notice a cancellation while nothing is being sent.
    pub(super) fn poll_ahead(&self, cx: &mut Context<'_>) -> Poll<Status> {
        self.lock().poll_ahead(cx)
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        lock(&self.recording)
    }

    /// The body of an attempt, from the first frame on.
    pub(super) fn attempt(&self) -> Body {
        let attempt = self.lock().attempt;
        Body::new(AttemptBody { recording: Arc::clone(&self.recording), attempt })
    }

    /// Detaches the body of the attempt before.
    pub(super) fn fence(&self) {
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
    /// Whether the source may be polled past its end: tonic's yields an error then, when the caller cancels.
    fused: bool,
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
    fn new(source: Body, bound: usize, fused: bool) -> Self {
        Self {
            source,
            fused,
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
        if self.ended && !self.fused {
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
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
            && self.replayable()
        {
            if self.kept_bytes + data.len() <= self.bound {
                self.keep(data.clone());
                self.position += 1;
            } else {
                self.lost = true;
                self.forget_sent();
            }
        }
        polled
    }

    /// What it takes it holds, one frame past the bound at most: the next attempt sends it.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        while self.kept_bytes <= self.bound {
            match ready!(self.poll_source(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.keep(data);
                    }
                }
                Some(Err(status)) => return Poll::Ready(status),
                None => break,
            }
        }
        Poll::Pending
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

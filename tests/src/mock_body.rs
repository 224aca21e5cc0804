//! A response body that does at each poll what the test says.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use tonic::Code;
use tower::BoxError;

use crate::message;

/// What one poll brings.
#[derive(Debug)]
enum Step {
    Pending,
    Data(Bytes),
    Trailers(HeaderMap),
    Error(BoxError),
}

#[derive(Debug, Default)]
struct Shared {
    steps: Mutex<VecDeque<Step>>,
    waker: Mutex<Option<Waker>>,
    closed: Mutex<bool>,
    polls: AtomicUsize,
    dropped: AtomicUsize,
}

/// A scripted body. Each poll consumes one step; when there are none left the body is pending, until the handle adds
/// one or ends the body.
#[derive(Debug)]
pub struct MockBody {
    shared: Arc<Shared>,
}

/// The test's end of a [`MockBody`].
#[derive(Debug, Clone)]
pub struct MockBodyHandle {
    shared: Arc<Shared>,
}

impl MockBody {
    /// A body without steps, which stays open, and its handle.
    pub fn open() -> (Self, MockBodyHandle) {
        let shared = Arc::<Shared>::default();
        (Self { shared: shared.clone() }, MockBodyHandle { shared })
    }

    /// A body that ends behind its steps.
    pub fn ended(build: impl FnOnce(&MockBodyHandle)) -> Self {
        let (body, handle) = Self::open();
        build(&handle);
        handle.end();
        body
    }

    /// A body without any frame, as that of a trailers-only response.
    pub fn empty() -> Self {
        Self::ended(|_| {})
    }
}

impl MockBodyHandle {
    /// One poll that is pending, but asks to be polled again.
    pub fn pending(&self) -> &Self {
        self.add(Step::Pending)
    }

    /// Bytes as they are.
    pub fn data(&self, bytes: impl Into<Bytes>) -> &Self {
        self.add(Step::Data(bytes.into()))
    }

    /// One gRPC message.
    pub fn message(&self, message: &impl prost::Message) -> &Self {
        self.data(message::frame(message))
    }

    /// Trailers with this status.
    pub fn status(&self, code: Code) -> &Self {
        let mut trailers = HeaderMap::new();
        trailers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from(code as i32));
        self.trailers(trailers)
    }

    /// Trailers.
    pub fn trailers(&self, trailers: HeaderMap) -> &Self {
        self.add(Step::Trailers(trailers))
    }

    /// An error of the connection.
    pub fn error(&self, error: impl Into<BoxError>) -> &Self {
        self.add(Step::Error(error.into()))
    }

    /// No more frames.
    pub fn end(&self) {
        *self.shared.closed.lock().unwrap() = true;
        self.wake();
    }

    /// How often the body was polled.
    pub fn polls(&self) -> usize {
        self.shared.polls.load(Ordering::SeqCst)
    }

    /// Whether the body was dropped.
    pub fn is_dropped(&self) -> bool {
        self.shared.dropped.load(Ordering::SeqCst) > 0
    }

    fn add(&self, step: Step) -> &Self {
        self.shared.steps.lock().unwrap().push_back(step);
        self.wake();
        self
    }

    fn wake(&self) {
        if let Some(waker) = self.shared.waker.lock().unwrap().take() {
            waker.wake();
        }
    }
}

impl Body for MockBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.shared.polls.fetch_add(1, Ordering::SeqCst);
        let step = self.shared.steps.lock().unwrap().pop_front();
        match step {
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Step::Trailers(trailers)) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            Some(Step::Error(error)) => Poll::Ready(Some(Err(error))),
            None if *self.shared.closed.lock().unwrap() => Poll::Ready(None),
            None => {
                *self.shared.waker.lock().unwrap() = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        *self.shared.closed.lock().unwrap() && self.shared.steps.lock().unwrap().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let steps = self.shared.steps.lock().unwrap();
        let known = steps.iter().map(|step| if let Step::Data(bytes) = step { bytes.len() as u64 } else { 0 }).sum();
        let mut hint = SizeHint::new();
        hint.set_lower(known);
        if *self.shared.closed.lock().unwrap() {
            hint.set_upper(known);
        }
        hint
    }
}

impl Drop for MockBody {
    fn drop(&mut self) {
        self.shared.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

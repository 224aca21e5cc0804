//! The body of a response.
//!
//! A stream is watched until its first message. Should it begin with trailers that reject the credentials, which is
//! what a flyteadmin behind TLS sends, the response to a second attempt takes its place in the same body.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Status, codegen::StdError};

use super::{
    lost::in_words_of_grpc,
    trailers::{TrailersClassifier, clean},
};
use crate::service::deadline::{self, Deadline};

/// The body of a response over an [`AuthenticatedChannel`](crate::AuthenticatedChannel): the transport's own, or what a
/// replay put in its place.
///
/// The call's deadline bounds it, to its last trailer.
pub struct ResponseBody<B> {
    first: Option<First>,
    state: State<B>,
    deadline: Option<Box<Deadline>>,
}

/// A frame that was taken from a body, in front of the rest.
pub(crate) enum First {
    Message(Bytes),
    /// In a box, because they are large, and rarely the first.
    Trailers(Box<HeaderMap>),
    Error(StdError),
}

/// What is left of a response whose first frame was taken, and has decided. The end is of interest.
pub(crate) struct Begun {
    first: Option<First>,
    classifier: TrailersClassifier,
}

impl Begun {
    /// Without a frame the body had ended, and will say so again.
    #[inline]
    pub(crate) fn with(first: Option<First>, classifier: TrailersClassifier) -> Self {
        Self { first, classifier }
    }

    /// Puts it back in front of the body that the frame was taken from.
    #[inline]
    pub(crate) fn before<B>(self, body: B) -> ResponseBody<B> {
        ResponseBody { first: self.first, state: State::Plain(body, Some(self.classifier)), deadline: None }
    }
}

enum State<B> {
    /// Nothing more to decide, though its end may be of interest.
    Plain(B, Option<TrailersClassifier>),
    /// No message yet: a rejection may still come.
    Watching(B, Box<dyn Watcher<B>>),
    /// A rejection came.
    Replaying(Pin<Box<dyn Future<Output = Splice<B>> + Send>>),
    /// Only trailers are left.
    Trailers(Box<HeaderMap>),
    Ended,
}

/// What waits for the first frame of a stream: the call.
pub(crate) trait Watcher<B>: Send {
    /// The stream has delivered a message, or ended without trailers. From here on it is the caller's alone.
    fn begun(self: Box<Self>, delivered: bool) -> TrailersClassifier;

    /// The stream has ended without a message.
    fn ended(self: Box<Self>, trailers: HeaderMap) -> AfterTrailers<B>;
}

/// What follows trailers that came before any message.
pub(crate) enum AfterTrailers<B> {
    /// Nothing: they are the caller's.
    Stand(HeaderMap),
    /// Another attempt.
    Replay(Pin<Box<dyn Future<Output = Splice<B>> + Send>>),
}

/// How a rejected stream goes on.
pub(crate) enum Splice<B> {
    /// With the body of another response.
    Body(B, Box<dyn Watcher<B>>),
    /// Not at all: these are its trailers.
    Trailers(HeaderMap),
    /// Not at all.
    Failed(StdError),
}

type PolledFrame = Poll<Option<Result<Frame<Bytes>, StdError>>>;

impl<B> ResponseBody<B> {
    pub(crate) fn plain(body: B) -> Self {
        Self::new(State::Plain(body, None))
    }

    /// A body that may still bring a rejection.
    pub(crate) fn watched(body: B, watcher: Box<dyn Watcher<B>>) -> Self {
        Self::new(State::Watching(body, watcher))
    }

    /// Trailers that were taken from a body.
    pub(super) fn trailers_of(body: B, trailers: HeaderMap) -> Self {
        Self { first: Some(First::Trailers(Box::new(trailers))), ..Self::plain(body) }
    }

    fn new(state: State<B>) -> Self {
        Self { first: None, state, deadline: None }
    }

    /// How many bytes of its messages were taken from the transport in advance.
    #[inline]
    pub(crate) fn bytes_here(&self) -> usize {
        match &self.first {
            Some(First::Message(message)) => message.len(),
            _ => 0,
        }
    }

    /// Bounds it in time.
    pub(crate) fn until(mut self, deadline: Box<Deadline>) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

impl<B> ResponseBody<B>
where
    B: HttpBody<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    /// A frame that was taken in advance.
    #[inline]
    fn deliver(&mut self, first: First) -> Result<Frame<Bytes>, StdError> {
        match first {
            First::Message(message) => Ok(Frame::data(message)),
            First::Trailers(trailers) => Ok(Frame::trailers(*trailers)),
            First::Error(_) if self.deadline.as_ref().is_some_and(|deadline| deadline.is_over()) => {
                self.end_in_time(deadline::exceeded())
            }
            First::Error(error) => Err(error),
        }
    }

    fn end_in_time(&mut self, exceeded: Status) -> Result<Frame<Bytes>, StdError> {
        (self.state, self.deadline) = (State::Ended, None);
        Err(exceeded.into())
    }

    fn poll_in_time(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        let polled = self.poll_any(cx);
        let Some(deadline) = &mut self.deadline else { return polled };
        let exceeded = match polled {
            Poll::Pending => ready!(deadline.poll(cx)),
            // Servers reset a call whose time is up, and may be quicker than our own timer.
            Poll::Ready(Some(Err(_))) if deadline.is_over() => deadline::exceeded(),
            polled => return polled,
        };
        Poll::Ready(Some(self.end_in_time(exceeded)))
    }

    fn poll_any(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        loop {
            match &mut self.state {
                State::Plain(body, classifier) => return poll_plain(body, classifier, cx),
                State::Watching(body, _) => {
                    let frame = ready!(Pin::new(body).poll_frame(cx));
                    let frame = frame.map(|frame| frame.map_err(|error| in_words_of_grpc(error.into())));
                    // An empty DATA frame says nothing yet.
                    if let Some(Ok(frame)) = &frame
                        && frame.data_ref().is_some_and(Bytes::is_empty)
                    {
                        return Poll::Ready(Some(Ok(Frame::data(Bytes::new()))));
                    }
                    let (state, decided) = match mem::replace(&mut self.state, State::Ended) {
                        State::Watching(body, watcher) => after_first_frame(body, watcher, frame),
                        other => (other, Decided::Frame(frame)),
                    };
                    self.state = state;
                    if let Decided::Frame(frame) = decided {
                        return Poll::Ready(frame);
                    }
                }
                State::Replaying(replay) => match ready!(replay.as_mut().poll(cx)) {
                    Splice::Body(body, watcher) => self.state = State::Watching(body, watcher),
                    Splice::Trailers(trailers) => self.state = State::Trailers(Box::new(trailers)),
                    Splice::Failed(error) => {
                        self.state = State::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                State::Trailers(trailers) => {
                    let trailers = mem::take(&mut **trailers);
                    self.state = State::Ended;
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
                State::Ended => return Poll::Ready(None),
            }
        }
    }
}

/// What the first frame of a watched stream leads to.
enum Decided {
    /// It is handed out; `None` is the end.
    Frame(Option<Result<Frame<Bytes>, StdError>>),
    /// Another attempt is made.
    Replay,
}

fn after_first_frame<B>(
    body: B,
    watcher: Box<dyn Watcher<B>>,
    frame: Option<Result<Frame<Bytes>, StdError>>,
) -> (State<B>, Decided) {
    let frame = match frame {
        Some(Ok(frame)) => match frame.into_trailers() {
            Ok(trailers) => {
                return match watcher.ended(trailers) {
                    AfterTrailers::Stand(trailers) => {
                        (State::Plain(body, None), Decided::Frame(Some(Ok(Frame::trailers(trailers)))))
                    }
                    AfterTrailers::Replay(replay) => (State::Replaying(replay), Decided::Replay),
                };
            }
            Err(message) => Some(Ok(message)),
        },
        frame => frame,
    };
    let delivered = matches!(frame, Some(Ok(_)));
    (State::Plain(body, Some(watcher.begun(delivered))), Decided::Frame(frame))
}

/// On the path of each message but the first. Of frames behind those that decide only trailers matter.
///
/// Always inlined, and a message is taken out of its frame: a frame has room for trailers, and all of that is moved with
/// each function and each match that it passes through.
#[inline(always)]
fn poll_plain<B>(body: &mut B, classifier: &mut Option<TrailersClassifier>, cx: &mut Context<'_>) -> PolledFrame
where
    B: HttpBody<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    match Pin::new(body).poll_frame(cx) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(None) => Poll::Ready(None),
        Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(match frame.into_data() {
            Ok(message) => Frame::data(message),
            Err(mut frame) => {
                if let Some(trailers) = frame.trailers_mut() {
                    observe(trailers, classifier.take());
                }
                frame
            }
        }))),
        Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(in_words_of_grpc(error.into())))),
    }
}

fn observe(trailers: &mut HeaderMap, classifier: Option<TrailersClassifier>) {
    match classifier {
        Some(classifier) => classifier.observe(trailers),
        None => clean(trailers),
    }
}

/// The first frame of a body, if there is one, that says something. Empty DATA frames say nothing, and some proxies
/// send them.
#[inline]
pub(crate) fn poll_first_frame<B>(body: &mut B, cx: &mut Context<'_>) -> Poll<Option<First>>
where
    B: HttpBody<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    loop {
        let first = match ready!(Pin::new(&mut *body).poll_frame(cx)) {
            None => return Poll::Ready(None),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(message) if message.is_empty() => continue,
                Ok(message) => First::Message(message),
                // There is no third kind of frame.
                Err(frame) => First::Trailers(Box::new(frame.into_trailers().unwrap_or_default())),
            },
            Some(Err(error)) => First::Error(in_words_of_grpc(error.into())),
        };
        return Poll::Ready(Some(first));
    }
}

impl<B> HttpBody for ResponseBody<B>
where
    B: HttpBody<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    type Data = Bytes;
    type Error = StdError;

    #[inline(always)]
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledFrame {
        let this = &mut *self;
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(this.deliver(first)));
        }
        match (&mut this.state, &this.deadline) {
            (State::Plain(body, classifier), None) => poll_plain(body, classifier, cx),
            _ => this.poll_in_time(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        if self.first.is_some() {
            return false;
        }
        match &self.state {
            State::Plain(body, _) | State::Watching(body, _) => body.is_end_stream(),
            State::Replaying(..) | State::Trailers(_) => false,
            State::Ended => true,
        }
    }

    /// Unknown unless nothing can change any more: what is still to come may be another body.
    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Plain(body, _) if self.first.is_none() => body.size_hint(),
            State::Ended => SizeHint::with_exact(0),
            _ => SizeHint::default(),
        }
    }
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

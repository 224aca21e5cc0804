//! The body of an answer.
//!
//! A stream is watched until its first message. Should it begin with trailers that reject the credentials, which is
//! what a flyteadmin behind TLS sends, the answer to a second attempt takes its place in the same body.

use std::{
    fmt,
    future::Future as _,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Status, codegen::StdError};

use super::{
    call::{Call, ENCODING},
    classify,
    future::ResponseFuture,
    witness::Witness,
};
use crate::Transport;

/// The body of a response over an [`AuthenticatedChannel`](crate::AuthenticatedChannel): the transport's own, or what a replay put in
/// its place.
pub struct ResponseBody<T: Transport> {
    first: Option<First>,
    state: State<T>,
}

/// A frame that was taken from a body, in front of the rest.
enum First {
    Message(Bytes),
    /// Trailers or an error. In a box, because they are rare and large.
    Other(Box<Result<Frame<Bytes>, StdError>>),
}

enum State<T: Transport> {
    /// Nothing more to decide, though its end may be of interest.
    Plain(T::ResponseBody, Option<Witness>),
    /// No message yet: a rejection may still come.
    Watching(T::ResponseBody, Box<Call<T>>),
    /// A rejection came.
    Replaying(Pin<Box<ResponseFuture<T>>>, Option<HeaderValue>),
    /// Only trailers are left.
    Trailers(Box<HeaderMap>),
    Ended,
}

type PolledFrame = Poll<Option<Result<Frame<Bytes>, StdError>>>;

impl<T: Transport> ResponseBody<T> {
    pub(super) fn plain(body: T::ResponseBody) -> Self {
        Self { first: None, state: State::Plain(body, None) }
    }

    pub(super) fn trailers(trailers: HeaderMap) -> Self {
        Self { first: None, state: State::Trailers(Box::new(trailers)) }
    }

    /// Trailers that were taken from a body.
    pub(super) fn trailers_of(body: T::ResponseBody, trailers: HeaderMap) -> Self {
        Self::plain(body).preceded_by(Some(Ok(Frame::trailers(trailers))))
    }

    /// Puts back a frame that was taken from the body. `None` was its end, which it will say again.
    pub(super) fn preceded_by(mut self, frame: Option<Result<Frame<Bytes>, StdError>>) -> Self {
        self.first = frame.map(|frame| match frame.map(Frame::into_data) {
            Ok(Ok(message)) => First::Message(message),
            Ok(Err(frame)) => First::Other(Box::new(Ok(frame))),
            Err(error) => First::Other(Box::new(Err(error))),
        });
        self
    }

    /// Puts back a message that was taken from the body.
    pub(super) fn preceded_by_message(mut self, message: Bytes) -> Self {
        self.first = Some(First::Message(message));
        self
    }

    /// What follows the frame that has decided. Its end is of interest.
    pub(super) fn answered(body: T::ResponseBody, witness: Witness) -> Self {
        Self { first: None, state: State::Plain(body, Some(witness)) }
    }

    /// A response whose body may still bring a rejection.
    pub(super) fn watching(response: Response<T::ResponseBody>, call: Box<Call<T>>) -> Response<Self> {
        response.map(|body| Self { first: None, state: State::Watching(body, call) })
    }

    fn poll_undecided(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        loop {
            let polled = match &mut self.state {
                State::Plain(..) => return Pin::new(self).poll_frame(cx),
                State::Watching(..) => self.poll_watched(cx),
                State::Replaying(..) => self.poll_replaying(cx),
                State::Trailers(trailers) => {
                    let trailers = mem::take(trailers);
                    self.state = State::Ended;
                    return Poll::Ready(Some(Ok(Frame::trailers(*trailers))));
                }
                State::Ended => return Poll::Ready(None),
            };
            if let Some(polled) = polled {
                return polled;
            }
        }
    }

    fn poll_watched(&mut self, cx: &mut Context<'_>) -> Option<PolledFrame> {
        let State::Watching(body, _) = &mut self.state else { return None };
        let frame = match Pin::new(body).poll_frame(cx) {
            Poll::Pending => return Some(Poll::Pending),
            // Says nothing yet.
            Poll::Ready(Some(Ok(frame))) if frame.data_ref().is_some_and(Bytes::is_empty) => {
                return Some(Poll::Ready(Some(Ok(frame))));
            }
            Poll::Ready(frame) => frame,
        };
        let State::Watching(body, call) = mem::replace(&mut self.state, State::Ended) else { return None };
        let frame = match frame {
            Some(Ok(frame)) => match frame.into_trailers() {
                Ok(trailers) => return self.read_trailers(trailers, body, call),
                Err(data) => Some(Ok(data)),
            },
            Some(Err(error)) => Some(Err(error.into())),
            None => None,
        };
        if let Some(Ok(_)) = frame {
            call.accepted();
        }
        // The call has delivered a message, or ended: from here on it is the caller's alone.
        self.state = State::Plain(body, Some(Witness::from(call)));
        Some(Poll::Ready(frame))
    }

    fn read_trailers(
        &mut self,
        mut trailers: HeaderMap,
        body: T::ResponseBody,
        mut call: Box<Call<T>>,
    ) -> Option<PolledFrame> {
        if !classify::trailers_reject(&mut trailers, call.expectation()) {
            call.accepted();
        } else if call.replayed {
            call.rejected_again();
        } else if !call.may_replay() || call.check_destination().is_err() {
            call.authenticator.session().rejected_for_good(call.generation, Some(call.path()));
        } else {
            let declared = call.declared_encoding.clone();
            call.pin_encoding();
            self.state = State::Replaying(Box::pin(ResponseFuture::after_late_rejection(call, trailers)), declared);
            return None;
        }
        self.state = State::Plain(body, None);
        Some(Poll::Ready(Some(Ok(Frame::trailers(trailers)))))
    }

    fn poll_replaying(&mut self, cx: &mut Context<'_>) -> Option<PolledFrame> {
        let State::Replaying(replay, declared) = &mut self.state else { return None };
        let Poll::Ready(answer) = replay.as_mut().poll(cx) else { return Some(Poll::Pending) };
        let declared = declared.take();
        self.state = State::Ended;
        let response = match answer {
            Ok(response) => response,
            Err(error) => return Some(Poll::Ready(Some(Err(error)))),
        };
        let (head, body) = response.into_parts();
        if let State::Trailers(_) = &body.state {
            // The first answer's own end: there are no better credentials.
            *self = body;
        } else if head.headers.contains_key(Status::GRPC_STATUS) {
            self.state = State::Trailers(Box::new(trailers_from_head(head.headers)));
        } else if let Some(encoding) = head.headers.get(&ENCODING)
            && *encoding != "identity"
            && Some(encoding) != declared.as_ref()
        {
            // Uncompressed messages, on the other hand, can always be read: each says so itself.
            let status = Status::internal(
                "the second answer, after a refresh of the credentials, is compressed otherwise than the first, \
                 against what was asked for",
            );
            return Some(Poll::Ready(Some(Err(status.into()))));
        } else {
            *self = body;
        }
        None
    }
}

/// Of a frame behind those that decide only trailers matter.
fn last_look(frame: Frame<Bytes>, witness: &mut Option<Witness>) -> Result<Frame<Bytes>, StdError> {
    if !frame.is_trailers() {
        return Ok(frame);
    }
    let witness = witness.take();
    Ok(match frame.into_trailers() {
        Ok(mut trailers) => {
            match witness {
                Some(witness) => witness.saw(&mut trailers),
                None => classify::drop_unreadable_details(&mut trailers),
            }
            Frame::trailers(trailers)
        }
        Err(frame) => frame,
    })
}

/// A trailers-only answer behind headers that the caller has already: its head becomes the trailers.
fn trailers_from_head(mut head: HeaderMap) -> HeaderMap {
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, ENCODING] {
        head.remove(name);
    }
    head
}

impl<T: Transport> HttpBody for ResponseBody<T> {
    type Data = Bytes;
    type Error = StdError;

    #[inline]
    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledFrame {
        let this = &mut *self;
        if let (None, State::Plain(body, witness)) = (&this.first, &mut this.state) {
            // The path of each message but the first: moved once, and not looked at.
            return match Pin::new(body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) if frame.is_data() => Poll::Ready(Some(Ok(frame))),
                Poll::Ready(frame) => Poll::Ready(frame.map(|frame| last_look(frame.map_err(Into::into)?, witness))),
                Poll::Pending => Poll::Pending,
            };
        }
        match this.first.take() {
            Some(First::Message(message)) => Poll::Ready(Some(Ok(Frame::data(message)))),
            Some(First::Other(frame)) => Poll::Ready(Some(*frame)),
            None => this.poll_undecided(cx),
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

impl<T: Transport> fmt::Debug for ResponseBody<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

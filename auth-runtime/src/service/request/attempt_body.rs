//! The body of one attempt to send a recorded stream.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tonic::{Status, body::Body};

use super::{
    frames::PolledFrame,
    stream::{Next, RequestStream, SharedStream},
};

/// Shared until it is certain to be the last.
#[derive(Debug)]
pub(super) enum AttemptBody {
    /// Another attempt may start over.
    Shared { stream: Arc<SharedStream>, attempt: u32 },
    /// No other will: the stream is this one's, until it has ended.
    Alone(Option<Body>),
}

impl AttemptBody {
    /// From the first message on.
    pub(super) fn of(stream: &RequestStream) -> Self {
        let (stream, attempt) = stream.attempt();
        Self::Shared { stream, attempt }
    }

    /// Polls a stream that nobody else does, and never past its end.
    fn poll_alone(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        let Self::Alone(Some(source)) = self else { return Poll::Ready(None) };
        let polled = Pin::new(source).poll_frame(cx);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            *self = Self::Alone(None);
        }
        polled
    }
}

impl HttpBody for AttemptBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledFrame {
        let Self::Shared { stream, attempt } = &mut *self else { return self.poll_alone(cx) };
        match stream.next(*attempt) {
            Next::Message(message) => Poll::Ready(Some(Ok(Frame::data(message)))),
            Next::Ask => stream.poll_for(*attempt, cx),
            Next::Alone(source) => {
                // Before it is polled: should it panic, it is still here, and nobody waits for it in vain.
                *self = Self::Alone(Some(source));
                self.poll_alone(cx)
            }
            Next::Detached(detach) => detach.frame(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
mod tests {
    use std::{
        collections::VecDeque,
        panic::{AssertUnwindSafe, catch_unwind},
        task::Waker,
    };

    use super::{super::frames::Detach, *};

    /// A body that must not be polled past its end.
    struct Strict(Option<VecDeque<&'static str>>);

    impl HttpBody for Strict {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> PolledFrame {
            let Some(left) = &mut self.0 else { panic!("polled past its end") };
            let next = left.pop_front();
            if next.is_none() {
                self.0 = None;
            }
            Poll::Ready(next.map(|text| Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
        }
    }

    fn recorded() -> RequestStream {
        let source = Body::new(Strict(Some(["one", "two"].into())));
        RequestStream::new(VecDeque::new(), source, 1024, false)
    }

    fn next(body: &mut AttemptBody) -> Option<Bytes> {
        match Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(frame) => frame.map(|frame| frame.unwrap().into_data().unwrap()),
            Poll::Pending => panic!("there is more"),
        }
    }

    #[test]
    fn the_last_attempt_has_the_stream_to_itself_to_its_end_and_no_further() {
        let recorded = recorded();
        let mut body = AttemptBody::of(&recorded);
        assert_eq!(next(&mut body).unwrap(), "one");
        assert!(matches!(body, AttemptBody::Shared { .. }), "another attempt may want it");
        drop(recorded);
        assert_eq!(next(&mut body).unwrap(), "two");
        assert!(matches!(body, AttemptBody::Alone(_)), "nobody else wants it");
        assert_eq!((next(&mut body), next(&mut body)), (None, None));
    }

    #[test]
    fn a_stream_that_has_ended_is_not_polled_again_by_the_last_attempt() {
        let recorded = recorded();
        let mut body = AttemptBody::of(&recorded);
        let all = std::iter::from_fn(|| next(&mut body)).count();
        drop(recorded);
        assert_eq!((all, next(&mut body)), (2, None));
    }

    #[test]
    fn a_stream_that_panics_is_not_waited_for_by_the_last_attempt() {
        let source = Body::new(Strict(None));
        let mut body = AttemptBody::of(&RequestStream::new(VecDeque::new(), source, 1024, false));
        for _ in 0..2 {
            let polled = catch_unwind(AssertUnwindSafe(|| next(&mut body)));
            let message = polled.unwrap_err().downcast::<&str>().unwrap();
            assert_eq!(*message, "polled past its end");
        }
    }

    #[test]
    fn the_attempt_after_it_begins_again_and_the_one_before_yields_no_more() {
        for detach in [Detach::Reset, Detach::End] {
            let recorded = recorded();
            let mut before = AttemptBody::of(&recorded);
            assert_eq!(next(&mut before).unwrap(), "one");
            recorded.fence(detach);
            let mut after = AttemptBody::of(&recorded);
            let detached = Pin::new(&mut before).poll_frame(&mut Context::from_waker(Waker::noop()));
            match detach {
                Detach::Reset => {
                    let Poll::Ready(Some(Err(status))) = detached else { panic!("{detached:?}") };
                    assert_eq!(status.message(), "this attempt was given up for another");
                }
                Detach::End => assert!(matches!(detached, Poll::Ready(None)), "{detached:?}"),
            }
            assert_eq!([next(&mut after).unwrap(), next(&mut after).unwrap()], ["one", "two"]);
        }
    }
}

//! The body of one attempt to send a recorded stream.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use tonic::{Status, body::Body};

use super::{
    kept::PolledFrame,
    recording::{Recording, lock, poll_source},
};

/// Shared until it is certain to be the last.
#[derive(Debug)]
pub(super) enum AttemptBody {
    /// Another attempt may start over.
    Shared { recording: Arc<Mutex<Recording>>, attempt: u32 },
    /// No other will: the stream is this one's, until it has ended.
    Sole(Option<Body>),
}

impl HttpBody for AttemptBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledFrame {
        let Self::Shared { recording, attempt } = &mut *self else { return self.poll_sole(cx) };
        let sole = {
            let mut recording = lock(recording);
            if recording.attempt != *attempt {
                return Poll::Ready(Some(Err(detached())));
            }
            if let Some(data) = recording.next_kept() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            recording.let_go()
        };
        if sole.is_none() {
            return poll_shared(recording, *attempt, cx);
        }
        // Before it is polled: should it panic, it is still here, and nobody waits for it in vain.
        *self = Self::Sole(sole);
        self.poll_sole(cx)
    }
}

impl AttemptBody {
    /// Polls a stream that nobody else does, and never past its end.
    fn poll_sole(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        let Self::Sole(Some(source)) = self else { return Poll::Ready(None) };
        let polled = Pin::new(source).poll_frame(cx);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            *self = Self::Sole(None);
        }
        polled
    }
}

fn poll_shared(recording: &Mutex<Recording>, attempt: u32, cx: &mut Context<'_>) -> PolledFrame {
    let polled = poll_source(recording, cx, |recording, polled| recording.send(attempt, polled));
    if polled.is_pending() {
        let _replaced = {
            let mut recording = lock(recording);
            if recording.attempt != attempt {
                return Poll::Ready(Some(Err(detached())));
            }
            recording.waker.replace(cx.waker().clone())
        };
    }
    polled
}

/// Resets the stream of an attempt that was given up. Ending it would tell the server that the request is complete.
pub(super) fn detached() -> Status {
    let mut status = Status::cancelled("this attempt was given up for another with new credentials");
    // hyper takes the reason of the reset from here.
    status.set_source(Arc::new(h2::Error::from(h2::Reason::CANCEL)));
    status
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
mod tests {
    use std::{
        collections::VecDeque,
        panic::{AssertUnwindSafe, catch_unwind},
        task::Waker,
    };

    use super::{super::recording::Recorded, *};

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

    fn recorded() -> Recorded {
        let source = Body::new(Strict(Some(["one", "two"].into())));
        Recorded::new(VecDeque::new(), source, 1024, false)
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
        let mut body = recorded.attempt();
        assert_eq!(next(&mut body).unwrap(), "one");
        assert!(matches!(body, AttemptBody::Shared { .. }), "another attempt may want it");
        drop(recorded);
        assert_eq!(next(&mut body).unwrap(), "two");
        assert!(matches!(body, AttemptBody::Sole(_)), "nobody else wants it");
        assert_eq!((next(&mut body), next(&mut body)), (None, None));
    }

    #[test]
    fn a_stream_that_has_ended_is_not_polled_again_by_the_last_attempt() {
        let recorded = recorded();
        let mut body = recorded.attempt();
        let all = std::iter::from_fn(|| next(&mut body)).count();
        drop(recorded);
        assert_eq!((all, next(&mut body)), (2, None));
    }

    #[test]
    fn a_stream_that_panics_is_not_waited_for_by_the_last_attempt() {
        let source = Body::new(Strict(None));
        let mut body = Recorded::new(VecDeque::new(), source, 1024, false).attempt();
        for _ in 0..2 {
            let polled = catch_unwind(AssertUnwindSafe(|| next(&mut body)));
            let message = polled.unwrap_err().downcast::<&str>().unwrap();
            assert_eq!(*message, "polled past its end");
        }
    }

    #[test]
    fn the_attempt_after_it_begins_again_and_the_one_before_yields_no_more() {
        let recorded = recorded();
        let mut before = recorded.attempt();
        assert_eq!(next(&mut before).unwrap(), "one");
        recorded.fence();
        let mut after = recorded.attempt();
        let detached = Pin::new(&mut before).poll_frame(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(detached, Poll::Ready(Some(Err(_)))), "{detached:?}");
        assert_eq!([next(&mut after).unwrap(), next(&mut after).unwrap()], ["one", "two"]);
    }
}

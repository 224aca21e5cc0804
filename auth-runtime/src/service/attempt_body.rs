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
        match &mut *self {
            Self::Sole(source) => poll_to_the_end(source, cx),
            Self::Shared { recording, attempt } => {
                let mut sole = {
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
                let polled = poll_to_the_end(&mut sole, cx);
                *self = Self::Sole(sole);
                polled
            }
        }
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

/// Polls a stream that nobody else does, and never past its end.
fn poll_to_the_end(source: &mut Option<Body>, cx: &mut Context<'_>) -> PolledFrame {
    let Some(body) = source else { return Poll::Ready(None) };
    let polled = Pin::new(body).poll_frame(cx);
    if let Poll::Ready(None | Some(Err(_))) = polled {
        *source = None;
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

//! Request streams that end without a message. They end in a frame of their own, as from plain tonic: grpc-go's servers
//! before 1.84 wait for ever for a stream whose end stands on its headers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use tests::{
    call::{Outcome, numbered},
    calls::{Message, calls_client::CallsClient},
    harness::{Harness, Server as _},
    peer::{Answer, Ending},
};
use tokio_stream::pending;
use tonic::Code;

fn nothing() -> impl tokio_stream::Stream<Item = Message> + Send + 'static {
    tokio_stream::empty()
}

/// Ends at its second poll, as one does whose messages come from elsewhere.
fn nothing_later() -> impl tokio_stream::Stream<Item = Message> + Send + 'static {
    let mut polled = false;
    futures_util::stream::poll_fn(move |cx| {
        if std::mem::replace(&mut polled, true) {
            return std::task::Poll::Ready(None);
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
}

fn answers(first: Answer) -> [Answer; 2] {
    [first, Answer::new().read_all().and_then(Answer::message(&numbered(2)))]
}

async fn end_in_a_frame_of_their_own(harness: &Harness) {
    for request in harness.peer.requests() {
        assert!(!request.ended_with_headers);
        assert_eq!(request.ended().await, Ending::Complete);
        assert_eq!(request.body_bytes(), 0);
    }
}

#[tokio::test]
async fn the_first_attempt_and_the_replay_end_in_a_frame_of_their_own() {
    for rejection in [
        Answer::new().read_all().and_then(Answer::rejected()),
        Answer::new().read_all().and_then(Answer::rejected_late()),
    ] {
        let harness = Harness::answering(answers(rejection.clone()));
        assert_eq!(harness.client().client_streaming(nothing()).await.unwrap().into_inner(), numbered(2));
        end_in_a_frame_of_their_own(&harness).await;

        let harness = Harness::answering(answers(rejection.clone()));
        assert_eq!(harness.client().client_streaming(nothing_later()).await.unwrap().into_inner(), numbered(2));
        end_in_a_frame_of_their_own(&harness).await;

        let harness = Harness::answering(answers(rejection));
        let outcome = Outcome::of_stream(harness.client().bidi_streaming(nothing()).await).await;
        assert_eq!(outcome.numbers(), [2]);
        assert_eq!(harness.peer.requests().len(), 2);
        end_in_a_frame_of_their_own(&harness).await;
    }
}

#[tokio::test]
async fn so_does_a_stream_of_plain_tonic() {
    let harness = Harness::answering([Answer::new().read_all().and_then(Answer::message(&numbered(2)))]);
    let mut plain = CallsClient::new(harness.peer.transport());
    plain.client_streaming(nothing()).await.unwrap();
    end_in_a_frame_of_their_own(&harness).await;
}

#[tokio::test]
async fn a_stream_that_has_not_ended_is_not_taken_for_an_empty_one() {
    let at_once = Answer::new().headers().and_message(&numbered(2)).status(Code::Ok);
    let harness = Harness::answering([at_once]);
    harness.client().client_streaming(pending()).await.unwrap();
    assert!(!harness.peer.requests()[0].ended_with_headers);
    assert_ne!(harness.peer.requests()[0].ending(), Some(Ending::Complete));
}

//! A request stream may be driven by the answers to it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use futures_util::stream;
use tests::{
    call::{Kind, numbered},
    calls::Message,
    guard::within_reason,
    harness::Harness,
    peer::Answer,
};
use tokio::sync::oneshot;
use tonic::{Code, Request, Streaming};

/// The stream's second message waits for the first answer, and drops the answers then: all of it while it is polled
/// by the transport.
async fn drive(answer: Answer) {
    let harness = Harness::answering([answer]);
    let (give_answers, answers) = oneshot::channel::<Streaming<Message>>();
    let (saw, seen) = oneshot::channel();
    let requests = stream::unfold(Some((None, answers, saw)), |state| async {
        let (sent, answers, saw) = state?;
        if sent.is_none() {
            return Some((numbered(7), Some((Some(()), answers, saw))));
        }
        let mut answers = answers.await.unwrap();
        let first = answers.message().await.unwrap();
        drop(answers);
        saw.send(first).unwrap();
        None
    });
    let client = harness.client();
    let response = client.bidi_streaming(Request::new(requests)).await.unwrap();
    give_answers.send(response.into_inner()).unwrap();
    assert_eq!(within_reason("the first answer", seen).await.unwrap(), Some(numbered(1)), "{:?}", Kind::BidiStreaming);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_stream_may_read_and_drop_the_responses_to_it() {
    drive(Answer::new().read(1).headers().and_message(&numbered(1)).read_all().status(Code::Ok)).await;
}

//! Methods that must never be sent twice: they carry credentials, and a rejection helps the next call only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use tests::{
    call::{Kind, Outcome, call, numbered},
    calls::Message,
    harness::Harness,
    peer::Answer,
};
use tokio_stream::iter;
use tonic::Code;

fn rejections() -> [Answer; 4] {
    [
        Answer::rejected(),
        Answer::new().read_all().trailers_only(Code::Unauthenticated, "the token is not valid"),
        Answer::rejected_late(),
        Answer::http(401, "text/html", "<html>"),
    ]
}

async fn is_final(harness: &Harness, outcome: Outcome) {
    assert_eq!(outcome.code(), Code::Unauthenticated, "{:?}", outcome.status);
    assert_eq!(harness.tokens_seen(), [Some(harness.stale_token().to_owned())]);
    // The next call finds the refresh that this one started, or its result.
    assert_eq!(call(&harness.client(), Kind::Unary).await.numbers(), [2]);
    assert_eq!(harness.tokens_seen()[1..], [harness.issued().pop()]);
    assert_eq!(harness.flow.calls(), 1);
}

#[tokio::test]
async fn a_rejected_unary_call_is_final_and_the_next_call_has_a_new_token() {
    for rejection in rejections() {
        let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
        let outcome = Outcome::of_message(harness.client().once(numbered(7)).await);
        is_final(&harness, outcome).await;
    }
}

#[tokio::test]
async fn so_is_a_rejected_stream() {
    for rejection in rejections() {
        let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
        let stream = harness.client().once_streaming(iter([numbered(7)])).await;
        is_final(&harness, Outcome::of_stream(stream).await).await;
    }
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_servers_own_status() {
    let harness = Harness::answering([Answer::rejected()]);
    harness.flow.then(tests::flow::Login::permanent("the secret was rotated"));
    let status = harness.client().once(numbered(7)).await.unwrap_err();

    assert_eq!(status.code(), Code::Unauthenticated);
    let message = status.message();
    assert!(message.contains("as no_replay says"), "{message}");
    assert!(message.ends_with("; the server says: the token is not valid"), "{message}");
}

#[tokio::test]
async fn with_a_valid_token_they_are_ordinary_calls() {
    let echo = Answer::new().read_all().headers().and_message(&numbered(1)).and_message(&numbered(2)).status(Code::Ok);
    let harness = Harness::answering([Answer::message(&numbered(3)), echo]);
    let client = harness.client();
    let messages = [numbered(1), numbered(2)];

    assert_eq!(client.once(numbered(7)).await.unwrap().into_inner(), numbered(3));
    assert_eq!(Outcome::of_stream(client.once_streaming(iter(messages.clone())).await).await.numbers(), [1, 2]);
    let requests = harness.peer.requests();
    assert_eq!(requests[0].messages::<Message>(), [numbered(7)]);
    assert_eq!(requests[1].messages::<Message>(), messages);
    assert!(requests.iter().all(|request| request.bearer().as_deref() == Some(harness.stale_token())));
}

#[tokio::test]
async fn they_wait_for_the_first_login_as_others_do() {
    let harness = Harness::answering([Answer::message(&numbered(3))]);
    harness.authenticate_with(|builder| builder.login_first(true));

    assert_eq!(harness.client().once(numbered(7)).await.unwrap().into_inner(), numbered(3));
    assert_eq!(harness.tokens_seen(), [harness.issued().pop()]);
}

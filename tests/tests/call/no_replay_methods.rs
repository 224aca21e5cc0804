//! Methods that must never be sent twice: they carry credentials, and a rejection helps the next call only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::CallAuth;
use tests::{
    call::{Kind, Outcome, call, numbered},
    calls::Message,
    harness::Harness,
    peer::Answer,
};
use tokio_stream::iter;
use tonic::{Code, Request};

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

/// A rejection would be the end of it.
#[tokio::test]
async fn they_do_not_find_out_by_a_rejection_whether_the_server_wants_credentials() {
    for streaming in [false, true] {
        let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(3)));
        harness.authenticate_with(|builder| builder);
        let client = harness.client();
        let outcome = match streaming {
            false => Outcome::of_message(client.once(numbered(7)).await),
            true => Outcome::of_stream(client.once_streaming(iter([numbered(7)])).await).await,
        };
        assert_eq!(outcome.numbers(), [3], "{:?}", outcome.status);
        assert_eq!(harness.tokens_seen(), [harness.issued().pop()]);
    }
}

#[tokio::test]
async fn nor_does_a_call_whose_caller_says_so() {
    let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(3)));
    harness.authenticate_with(|builder| builder);
    let mut request = Request::new(numbered(7));
    request.extensions_mut().insert(CallAuth::NoReplay);
    assert_eq!(harness.client().unary(request).await.unwrap().into_inner(), numbered(3));
    assert_eq!(harness.tokens_seen(), [harness.issued().pop()]);
}

#[tokio::test]
async fn they_need_no_login_where_none_is_wanted() {
    let accepting = || Harness::answering([Answer::message(&numbered(1)), Answer::message(&numbered(3))]);
    let harness = accepting();
    harness.authenticate_with(|builder| builder);
    assert_eq!(call(&harness.client(), Kind::Unary).await.numbers(), [1]);
    assert_eq!(harness.client().once(numbered(7)).await.unwrap().into_inner(), numbered(3));
    assert_eq!((harness.tokens_seen(), harness.flow.calls()), (vec![None, None], 0));
}

#[tokio::test]
async fn a_login_that_fails_keeps_them_from_being_sent() {
    let harness = Harness::answering([Answer::message(&numbered(3))]);
    harness.authenticate_with(|builder| builder);
    harness.flow.then(tests::flow::Login::permanent("the account is closed"));
    assert_eq!(harness.client().once(numbered(7)).await.unwrap_err().code(), Code::Unauthenticated);
    assert!(harness.peer.requests().is_empty());
}

#[tokio::test]
async fn they_wait_for_the_first_login_as_others_do() {
    let harness = Harness::answering([Answer::message(&numbered(3))]);
    harness.authenticate_with(|builder| builder.login_first(true));

    assert_eq!(harness.client().once(numbered(7)).await.unwrap().into_inner(), numbered(3));
    assert_eq!(harness.tokens_seen(), [harness.issued().pop()]);
}

//! Methods that are public: no credentials go there, and what they answer concerns no session.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::Credentials;
use tests::{
    call::{Kind, call, numbered},
    calls::public_client::AuthenticatedPublicClient,
    harness::{Harness, Server as _},
    peer::Answer,
};
use tonic::Code;

#[tokio::test]
async fn a_public_method_gets_no_header_although_a_token_is_at_hand() {
    let harness = Harness::answering([Answer::message(&numbered(2)), Answer::message(&numbered(3))]);
    let client = harness.client();

    assert_eq!(client.open(numbered(1)).await.unwrap().into_inner(), numbered(2));
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [3]);
    assert_eq!(harness.tokens_seen(), [None, Some(harness.stale_token().to_owned())]);
}

#[tokio::test]
async fn so_does_a_public_service() {
    let harness = Harness::answering([Answer::message(&numbered(2))]);
    let client = AuthenticatedPublicClient::new(harness.authenticator().over(harness.peer.transport()));

    assert_eq!(client.get(numbered(1)).await.unwrap().into_inner(), numbered(2));
    assert_eq!(harness.tokens_seen(), [None]);
}

#[tokio::test]
async fn its_rejection_causes_no_login_no_replay_and_does_not_touch_the_token() {
    let rejections = [
        Answer::rejected(),
        Answer::rejected_late(),
        Answer::http(401, "text/html", "<html>"),
        Answer::new().trailers_only(Code::PermissionDenied, "no"),
    ];
    for rejection in rejections {
        let harness = Harness::answering([rejection, Answer::message(&numbered(3))]);
        harness.authenticate_with(|builder| {
            builder.credentials(Credentials::new(harness.stale_token())).login_on_permission_denied(true)
        });
        let client = harness.client();
        client.open(numbered(1)).await.unwrap_err();

        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0));
        assert_eq!(call(&client, Kind::Unary).await.numbers(), [3]);
        assert_eq!(harness.tokens_seen()[1].as_deref(), Some(harness.stale_token()));
        assert_eq!(harness.flow.calls(), 0);
    }
}

#[tokio::test]
async fn it_waits_for_no_login_and_starts_none() {
    let harness = Harness::answering([Answer::message(&numbered(2))]);
    harness.authenticate_with(|builder| builder.login_first(true));

    assert_eq!(harness.client().open(numbered(1)).await.unwrap().into_inner(), numbered(2));
    assert_eq!((harness.tokens_seen(), harness.flow.calls()), (vec![None], 0));
}

#[tokio::test]
async fn it_goes_out_while_another_calls_login_hangs() {
    let harness =
        Harness::answering([Answer::rejected(), Answer::message(&numbered(2)), Answer::message(&numbered(3))]);
    let login = harness.flow.hold();
    let client = harness.client();
    let waiting = tests::call::spawn(&client, Kind::Unary);
    login.arrived(1).await;

    assert_eq!(client.open(numbered(1)).await.unwrap().into_inner(), numbered(2));
    login.open();
    assert_eq!(waiting.await.unwrap().numbers(), [3]);
}

#[tokio::test]
async fn the_callers_own_header_is_left_to_it() {
    let harness = Harness::answering([Answer::message(&numbered(2))]);
    let own = harness.secret();
    let mut request = tonic::Request::new(numbered(1));
    request.metadata_mut().insert("authorization", format!("Bearer {own}").parse().unwrap());
    harness.client().open(request).await.unwrap();

    assert_eq!(harness.tokens_seen(), [Some(own)]);
}

//! What a caller wants of one call, in an extension of its request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{Authenticator, CallAuth, Credentials};
use tests::{
    call::{Kind, call, call_with, numbered},
    calls::{Message, calls_client::AuthenticatedCallsClient},
    flow::Login,
    harness::Harness,
    peer::{Answer, Peer},
};
use tonic::{Code, Request};

fn wants(auth: CallAuth) -> Request<Message> {
    let mut request = Request::new(numbered(7));
    request.extensions_mut().insert(auth);
    request
}

#[tokio::test]
async fn an_anonymous_call_carries_no_token_and_its_rejection_concerns_nobody() {
    for kind in Kind::ALL {
        for rejection in [Answer::rejected(), Answer::rejected_late()] {
            let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
            let client = harness.client();
            let outcome = call_with(&client, kind, wants(CallAuth::Anonymous)).await;

            assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
            assert_eq!(outcome.status().message(), "the token is not valid", "{kind:?}");
            assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
            assert_eq!(harness.tokens_seen(), [None, Some(harness.stale_token().to_owned())], "{kind:?}");
            assert_eq!(harness.flow.calls(), 0, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_call_without_a_login_carries_the_token_that_is_there() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::message(&numbered(2))]);
        assert_eq!(call_with(&harness.client(), kind, wants(CallAuth::NoLogin)).await.numbers(), [2], "{kind:?}");
        assert_eq!(harness.tokens_seen(), [Some(harness.stale_token().to_owned())], "{kind:?}");
    }
}

/// Also where nobody knows yet whether the server wants credentials.
#[tokio::test]
async fn without_a_token_it_fails_at_once_and_nothing_is_sent() {
    for (kind, login_first) in Kind::ALL.into_iter().flat_map(|kind| [(kind, true), (kind, false)]) {
        let harness = Harness::answering([]);
        harness.authenticate_with(|builder| builder.login_first(login_first));
        let outcome = call_with(&harness.client(), kind, wants(CallAuth::NoLogin)).await;

        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
        assert!(outcome.status().message().contains("CallAuth::NoLogin"), "{kind:?}: {:?}", outcome.status);
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (0, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn where_the_server_has_taken_a_call_without_a_token_it_goes_without_one() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::message(&numbered(2)), Answer::message(&numbered(3))]);
        harness.authenticate_with(|builder| builder);
        let client = harness.client();
        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(call_with(&client, kind, wants(CallAuth::NoLogin)).await.numbers(), [3], "{kind:?}");
        assert_eq!((harness.tokens_seen(), harness.flow.calls()), (vec![None, None], 0), "{kind:?}");
    }
}

#[tokio::test]
async fn so_it_does_where_nothing_could_ever_log_in() {
    let peer = Peer::answering([Answer::message(&numbered(2))]);
    let authenticator = Authenticator::builder(peer.endpoint()).build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.connect().await.unwrap());
    assert_eq!(call_with(&client, Kind::Unary, wants(CallAuth::NoLogin)).await.numbers(), [2]);
}

#[tokio::test]
async fn it_does_not_wait_for_the_login_of_another_call() {
    let harness = Harness::answering([]);
    harness.authenticate_with(|builder| builder.login_first(true));
    harness.flow.then(Login::Hang);
    let client = harness.client();
    let waiting = tests::call::spawn(&client, Kind::Unary);
    harness.flow.started(1).await;
    let outcome = call_with(&client, Kind::Unary, wants(CallAuth::NoLogin)).await;

    assert_eq!(outcome.code(), Code::Unauthenticated, "{:?}", outcome.status);
    waiting.abort();
}

#[tokio::test]
async fn its_rejection_is_handed_out_and_nobody_logs_in() {
    for kind in Kind::ALL {
        for rejection in [Answer::rejected(), Answer::rejected_late()] {
            let harness = Harness::answering([rejection]);
            let outcome = call_with(&harness.client(), kind, wants(CallAuth::NoLogin)).await;

            assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
            assert_eq!(outcome.status().message(), "the token is not valid", "{kind:?}: nothing is added to it");
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_call_that_is_not_to_be_replayed_is_sent_once_and_the_next_has_a_new_token() {
    for kind in Kind::ALL {
        for rejection in [Answer::rejected(), Answer::rejected_late()] {
            let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
            let fresh = harness.valid_token();
            harness.authenticate_with(|builder| builder.credentials(Credentials::new("old")));
            harness.flow.then(Login::token(&fresh));
            let client = harness.client();
            let outcome = call_with(&client, kind, wants(CallAuth::NoReplay)).await;

            assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
            assert!(outcome.status().message().contains("no_replay"), "{kind:?}: {:?}", outcome.status);
            assert_eq!(harness.peer.requests().len(), 1, "{kind:?}");
            assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
            assert_eq!(harness.tokens_seen()[1], Some(fresh), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn what_is_wanted_of_one_call_is_not_wanted_of_the_next() {
    let harness =
        Harness::answering([Answer::message(&numbered(2)), Answer::rejected(), Answer::message(&numbered(3))]);
    let client = harness.client();
    call_with(&client, Kind::Unary, wants(CallAuth::NoReplay)).await;
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [3]);
}

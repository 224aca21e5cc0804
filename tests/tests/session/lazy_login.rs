//! The first call shows whether the server wants credentials at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{error::Error as _, time::Duration};

use auth_runtime::{AuthError, AuthErrorKind, Authenticator, flow::StaticToken};
use tests::{
    call::{Kind, call, call_with, hurried, numbered, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    flow::Login,
    gate::Gate,
    harness::{Harness, Server as _},
    peer::Answer,
    transport::{self, LocalTransport},
};
use tonic::Code;

fn lazily(harness: &Harness<impl tests::harness::Server>) -> Authenticator {
    harness.authenticate_with(|builder| builder)
}

#[tokio::test]
async fn a_server_without_authentication_just_works_and_nobody_logs_in() {
    let harness = Harness::answering(vec![Answer::message(&numbered(2)); 8]);
    lazily(&harness);
    let client = harness.client();
    for kind in Kind::ALL.into_iter().chain(Kind::ALL) {
        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
    }

    assert_eq!((harness.tokens_seen(), harness.flow.calls()), (vec![None; 8], 0));
}

#[tokio::test]
async fn a_rejected_first_call_logs_in_and_all_later_ones_carry_the_token() {
    for (kind, rejection) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Answer::rejected()), (kind, Answer::rejected_late())])
    {
        let answer = || Answer::message(&numbered(2));
        let harness = Harness::answering([rejection, answer(), answer()]);
        let authenticator = lazily(&harness);
        let client = harness.client();

        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        let token = harness.issued().pop();
        assert_eq!(harness.tokens_seen(), [None, token.clone(), token], "{kind:?}");
        assert_eq!(harness.flow.previous_tokens(), [None], "{kind:?}");
        let statistics = authenticator.statistics();
        let counts = (statistics.logins(), statistics.refreshes(), statistics.replays(), statistics.failures());
        assert_eq!(counts, (1, 0, 1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn calls_that_begin_during_the_login_wait_for_it() {
    for kind in Kind::ALL {
        let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(2)));
        lazily(&harness);
        let login = harness.flow.hold();
        let client = harness.client();
        let first = spawn(&client, kind);
        login.arrived(1).await;
        let later: Vec<_> = (0..10).map(|_| spawn(&client, kind)).collect();
        // A public method goes out while they wait, after they had the chance to.
        tokio::task::yield_now().await;
        client.open(numbered(1)).await.unwrap_err();
        login.open();
        for calling in later.into_iter().chain([first]) {
            assert_eq!(calling.await.unwrap().numbers(), [2], "{kind:?}");
        }

        let anonymous = harness.tokens_seen().iter().filter(|token| token.is_none()).count();
        assert_eq!(anonymous, 2, "{kind:?}: the first and the public one");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_begin_during_a_login_by_hand_wait_for_it_too() {
    for kind in Kind::ALL {
        let harness = Harness::local_checking();
        let authenticator = lazily(&harness);
        let login = harness.flow.hold();
        let by_hand = tokio::spawn(async move { authenticator.login().await.map(drop) });
        login.arrived(1).await;
        let calling = spawn(&harness.client(), kind);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(harness.peer.requests().is_empty(), "{kind:?}: sent anonymous beside a login");
        login.open();

        by_hand.await.unwrap().unwrap();
        assert_eq!(calling.await.unwrap().code(), Code::Ok, "{kind:?}");
        assert_eq!(harness.tokens_seen(), [harness.issued().pop()], "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_by_hand_that_fails_leaves_a_server_that_wants_none_usable() {
    let harness = Harness::local(LocalTransport::answering([transport::message(&numbered(2))]));
    let authenticator = lazily(&harness);
    harness.flow.then(Login::transient("away"));
    authenticator.login().await.unwrap_err();

    assert_eq!(call(&harness.client(), Kind::Unary).await.numbers(), [2]);
    assert_eq!(harness.tokens_seen(), [None]);
}

#[tokio::test(start_paused = true)]
async fn once_rejected_anonymous_a_session_never_sends_anonymous_again() {
    for kind in Kind::ALL {
        let harness = Harness::local_checking();
        lazily(&harness);
        harness.flow.then(Login::transient("away")).then(Login::transient("still away"));
        let client = harness.client();

        for _ in 0..10 {
            let outcome = call_with(&client, kind, hurried()).await;
            assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}: {:?}", outcome.status);
        }
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 1), "{kind:?}");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(call_with(&client, kind, hurried()).await.code(), Code::Unavailable, "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 2), "{kind:?}");
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!(harness.tokens_seen(), [None, harness.issued().pop()], "{kind:?}");
    }
}

#[tokio::test]
async fn a_rejected_anonymous_call_uses_the_token_that_another_call_has_brought_meanwhile() {
    for (kind, late) in Kind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let gate = Gate::new();
        let held = Answer::new().pass(&gate).and_then(if late { Answer::rejected_late() } else { Answer::rejected() });
        let answer = || Answer::message(&numbered(2));
        let harness = Harness::answering([held, Answer::rejected(), answer(), answer()]);
        lazily(&harness);
        let client = harness.client();
        let slow = spawn(&client, kind);
        harness.peer.request(0).await;
        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        gate.open();

        assert_eq!(slow.await.unwrap().numbers(), [2], "{kind:?}");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
        let token = harness.issued().pop();
        assert_eq!(harness.tokens_seen(), [None, None, token.clone(), token], "{kind:?}");
    }
}

#[tokio::test]
async fn login_first_spares_the_rejected_call() {
    for kind in Kind::ALL {
        let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(2)));
        harness.authenticate_with(|builder| builder.login_first(true));

        assert_eq!(call(&harness.client(), kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(harness.tokens_seen(), [harness.issued().pop()], "{kind:?}");
    }
}

#[tokio::test]
async fn a_login_by_hand_spares_it_too_and_is_not_repeated() {
    let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(2)));
    let authenticator = lazily(&harness);
    authenticator.login().await.unwrap();
    authenticator.login().await.unwrap();

    assert_eq!(call(&harness.client(), Kind::Unary).await.numbers(), [2]);
    assert_eq!((harness.tokens_seen(), harness.flow.calls()), (vec![harness.issued().pop()], 1));
}

#[tokio::test]
async fn nothing_is_contacted_before_the_first_call() {
    let harness = Harness::answering([]);
    let authenticator = lazily(&harness);
    let _client = harness.client();

    assert!(authenticator.get_credentials().is_none());
    assert_eq!(authenticator.fetch_grpc_call_auth_metadata().await.unwrap(), None);
    assert_eq!((harness.peer.connections(), harness.flow.calls()), (0, 0));
}

#[tokio::test]
async fn a_static_token_is_attached_from_the_first_call_on_and_its_rejection_is_final() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::message(&numbered(2)), Answer::rejected()]);
        let token = harness.secret();
        let authenticator =
            Authenticator::builder(harness.peer.endpoint()).flow(StaticToken::new(&token)).build().unwrap();
        let client = AuthenticatedCallsClient::new(authenticator.over(harness.peer.transport()));

        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(call(&client, kind).await.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!(harness.tokens_seen(), [Some(token.clone()), Some(token)], "{kind:?}");
    }
}

#[tokio::test]
async fn without_a_flow_the_servers_rejection_says_what_is_missing() {
    let transport = LocalTransport::answering([transport::rejected(), transport::rejected()]);
    let harness = Harness::local(transport.clone());
    let authenticator = Authenticator::builder(harness.peer.endpoint()).build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.over(transport));
    let outcome = call(&client, Kind::Unary).await;

    let message = outcome.status().message();
    assert!(
        message.contains("add .flow(..)") && message.ends_with("; the server says: the token is not valid"),
        "{message}"
    );
    let source = outcome.status().source().and_then(|source| source.downcast_ref::<AuthError>());
    assert_eq!(source.map(AuthError::kind), Some(AuthErrorKind::NoFlow), "{source:?}");
    assert_eq!(authenticator.login().await.unwrap_err().kind(), AuthErrorKind::NoFlow);
}

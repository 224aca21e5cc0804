//! Credentials that belong to one call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{
    AuthErrorKind, Credentials,
    flow::{Passthrough, PassthroughHeaders},
};
use tests::{
    call::{Kind, call, call_with, numbered},
    canary,
    harness::Harness,
    peer::Answer,
};
use tonic::{Code, Request, transport::Endpoint};

fn request(headers: &[(&str, &str)]) -> Request<tests::calls::Message> {
    let headers = PassthroughHeaders::new(headers.iter().copied()).unwrap();
    canary::observe(&headers);
    let mut request = Request::new(numbered(7));
    request.extensions_mut().insert(headers);
    canary::observe(&request);
    request
}

fn harness() -> Harness {
    Harness::checking(Answer::rejected(), Answer::message(&numbered(1)))
}

#[tokio::test]
async fn each_call_carries_what_it_was_given() {
    for kind in Kind::ALL {
        let harness = harness();
        harness.authenticate_with(|builder| builder.flow(Passthrough));
        let client = harness.client();
        let tokens = [harness.valid_token(), harness.valid_token()];
        for token in &tokens {
            let given = [("authorization", format!("Bearer {token}")), ("x-tenant", "one".to_owned())];
            let given: Vec<_> = given.iter().map(|(key, value)| (*key, value.as_str())).collect();
            assert_eq!(call_with(&client, kind, request(&given)).await.numbers(), [1], "{kind:?}");
        }
        assert_eq!(harness.tokens_seen(), tokens.map(Some), "{kind:?}");
        assert_eq!(harness.peer.requests()[0].header("x-tenant").as_deref(), Some("one"));
    }
}

#[tokio::test]
async fn they_win_over_the_sessions_own_and_a_rejection_is_final() {
    for layered in [false, true] {
        let harness = harness();
        let unknown = harness.secret();
        let value = format!("Bearer {unknown}");
        harness.authenticate_with(|builder| builder.credentials(Credentials::new(harness.valid_token())));
        let outcome = if layered {
            call_with(&harness.layered_client(), Kind::Unary, request(&[("authorization", &value)])).await
        } else {
            call_with(&harness.client(), Kind::Unary, request(&[("authorization", &value)])).await
        };
        assert_eq!(outcome.code(), Code::Unauthenticated);
        assert_eq!(harness.tokens_seen(), [Some(unknown)]);
        assert_eq!(harness.flow.calls(), 0, "the session's credentials are none of this call's business");
        assert_eq!(call(&harness.client(), Kind::Unary).await.numbers(), [1], "others have the session's");
    }
}

#[tokio::test]
async fn a_call_without_any_says_how_to_hand_them_in() {
    let harness = harness();
    harness.authenticate_with(|builder| builder.flow(Passthrough));
    let outcome = call(&harness.client(), Kind::Unary).await;
    assert_eq!(outcome.code(), Code::Unauthenticated);
    let source = std::error::Error::source(outcome.status()).expect("the reason").to_string();
    assert!(source.contains("PassthroughHeaders"), "{source}");
}

#[tokio::test]
async fn they_do_not_go_to_a_method_that_wants_none() {
    let harness = harness();
    let authenticator = harness.authenticate_with(|builder| builder.flow(Passthrough));
    let channel = Endpoint::from_shared(harness.peer.endpoint()).unwrap().connect_lazy();
    let client = tests::calls::calls_client::AuthenticatedCallsClient::new(authenticator.over(channel));
    let value = format!("Bearer {}", harness.valid_token());
    let _ = client.open(request(&[("authorization", &value)])).await;
    assert_eq!(harness.tokens_seen(), [None]);
}

#[tokio::test]
async fn they_go_to_the_sessions_endpoint_only() {
    let harness = harness();
    let elsewhere = Harness::answering([Answer::message(&numbered(1))]);
    let authenticator = harness.authenticate_with(|builder| builder.flow(Passthrough));
    let channel = Endpoint::from_shared(elsewhere.peer.endpoint()).unwrap().connect_lazy();
    let origin = elsewhere.peer.endpoint().parse().unwrap();
    let client = tests::calls::calls_client::CallsClient::with_origin(authenticator.over(channel), origin);
    let value = format!("Bearer {}", harness.secret());
    let outcome = call_with(&client, Kind::Unary, request(&[("authorization", &value)])).await;
    assert_eq!(outcome.code(), Code::Unauthenticated);
    assert!(outcome.status().message().contains("are not sent to"), "{:?}", outcome.status());
    assert!(elsewhere.peer.requests().is_empty());
}

#[tokio::test]
async fn headers_that_cannot_be_sent_are_refused_without_their_value() {
    let canary = canary::Canary::new();
    let secret = canary.secret();
    for (key, value) in [
        ("authorization", format!("{secret}\nx-admin: 1")),
        ("authorization", format!("{secret}\0")),
        ("grpc-timeout", secret.clone()),
        ("content-type", secret.clone()),
        ("token-bin", secret.clone()),
        ("not a key", secret.clone()),
    ] {
        let error = PassthroughHeaders::new([(key, value.as_str())]).unwrap_err();
        canary::observe_error(&error);
        assert!(error.kind() == AuthErrorKind::Configuration, "{key}: {error:?}");
    }
}

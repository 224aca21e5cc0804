//! New tokens that do not help: what counts as one, and what is still asked for then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use auth_runtime::limits::Limits;
use futures_util::future::join_all;
use tests::{
    call::{Kind, call, spawn},
    flow::Login,
    gate::Gate,
    harness::Harness,
    peer::Tokens,
    transport::{self, LocalTransport},
};
use tonic::Code;

/// So many new tokens in a row are tried in vain.
const BREAKER_REFRESHES: u32 = 3;

#[tokio::test(start_paused = true)]
async fn a_provider_that_only_has_the_rejected_token_is_asked_a_few_times_and_the_server_for_each_call() {
    let harness = Harness::local_checking();
    for _ in 0..100 {
        harness.flow.then(Login::token(harness.stale_token()));
    }
    let client = harness.client();
    for number in 0..100 {
        let outcome = call(&client, Kind::ALL[number % 4]).await;
        assert_eq!(outcome.status().message(), "the token is not valid");
    }
    assert_eq!(harness.flow.calls(), BREAKER_REFRESHES as usize);
    assert_eq!(harness.peer.requests().len(), 100, "each call is sent once, with the only token there is");
}

#[tokio::test(start_paused = true)]
async fn calls_that_were_sent_again_with_the_same_token_in_vain_count_once() {
    let (first, second, open) = (Gate::new(), Gate::new(), Gate::new());
    open.open();
    let (gate, tokens) = (Arc::new(Mutex::new(first.clone())), Tokens::new());
    let harness = Harness::with_peer(tokens.clone(), LocalTransport::rejecting_behind(&gate, tokens));
    harness.flow.then(Login::token(harness.secret()));
    let client = harness.client();
    let calls: Vec<_> = (0..20).map(|_| spawn(&client, Kind::Unary)).collect();
    first.arrived(20).await;
    *gate.lock().unwrap() = second.clone();
    first.open();
    second.arrived(20).await;
    *gate.lock().unwrap() = open;
    second.open();
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap().code(), Code::Unauthenticated);
    }
    assert_eq!(harness.flow.calls(), 1);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok, "one token in vain keeps nobody from the next");
    assert_eq!(harness.flow.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn where_more_methods_than_are_counted_are_not_let_in_no_method_costs_a_login() {
    for (counted, logins) in [(1, 0), (2, 1)] {
        let open = Arc::new(Mutex::new(HashSet::new()));
        let tokens = Tokens::new();
        let transport = LocalTransport::new({
            let (open, tokens) = (open.clone(), tokens.clone());
            move |request| {
                let let_in = open.lock().unwrap().contains(request.uri().path());
                let admitted = let_in && tokens.admit(request.headers(), "authorization");
                std::future::ready(if admitted { transport::message(&()) } else { transport::rejected() })
            }
        });
        let harness = Harness::with_peer(tokens, transport);
        let limits = Limits::new().with_breaker_methods(counted);
        harness.authenticate_with(|builder| builder.limits(limits));
        let client = harness.client();
        for _ in 0..10 {
            for closed in [Kind::Unary, Kind::ServerStreaming] {
                assert_eq!(call(&client, closed).await.code(), Code::Unauthenticated);
            }
        }
        let before = harness.flow.calls();
        open.lock().unwrap().insert(Kind::ClientStreaming.path());
        harness.tokens().revoke_all();
        call(&client, Kind::ClientStreaming).await;
        assert_eq!(harness.flow.calls() - before, logins, "{counted} methods are counted");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_helps_makes_the_count_start_anew() {
    let harness = Harness::local_checking();
    let client = harness.client();
    for _ in 0..3 {
        for _ in 1..BREAKER_REFRESHES {
            harness.flow.then(Login::token(harness.secret()));
            assert_eq!(call(&client, Kind::Unary).await.code(), Code::Unauthenticated);
        }
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
        harness.tokens().revoke_all();
    }
}

//! Tokens that a call has waited for and that are worth nothing when it goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_runtime::Credentials;
use futures_util::future::join_all;
use tests::{
    call::{Kind, call, spawn},
    flow::Login,
    gate::Gate,
    harness::Harness,
    peer::Tokens,
    transport::{LocalTransport, Seen},
};
use tonic::Code;

#[tokio::test(start_paused = true)]
async fn a_token_that_one_of_those_who_waited_has_seen_rejected_is_not_sent_by_the_others() {
    for kind in Kind::ALL {
        let harness = Harness::local_checking();
        harness.authenticate_with(|builder| builder.login_first(true));
        let (rejected, gate) = (harness.secret(), Gate::new());
        harness.flow.then(Login::token(&rejected).held_at(&gate));
        let client = harness.client();
        let calls: Vec<_> = (0..10).map(|_| spawn(&client, kind)).collect();
        gate.arrived(1).await;
        gate.open();
        for outcome in join_all(calls).await {
            let outcome = outcome.unwrap();
            assert_eq!(outcome.code(), Code::Ok, "{kind:?}: {:?}", outcome.status);
        }
        let sent = harness.tokens_seen().into_iter().filter(|token| token.as_ref() == Some(&rejected)).count();
        assert_eq!((sent, harness.flow.calls()), (1, 2), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_is_sent_again_with_a_token_that_another_has_seen_rejected() {
    let (rejections, login) = (Gate::new(), Gate::new());
    let (gate, tokens) = (Arc::new(Mutex::new(rejections.clone())), Tokens::new());
    let harness = Harness::with_peer(tokens.clone(), LocalTransport::rejecting_behind(&gate, tokens));
    let rejected = harness.secret();
    harness.flow.then(Login::token(&rejected).held_at(&login));
    let client = harness.client();
    let mut calls: Vec<_> = (0..10).map(|_| spawn(&client, Kind::Unary)).collect();
    rejections.arrived(10).await;
    rejections.open();
    login.arrived(1).await;
    // They wait for their first token, beside those that wait for another.
    calls.extend((0..10).map(|_| spawn(&client, Kind::Unary)));
    tokio::task::yield_now().await;
    login.open();
    join_all(calls).await;

    let requests = harness.peer.requests();
    let carry_it = |request: &&Seen| request.bearer().as_ref() == Some(&rejected);
    let first_time = |request: &&Seen| !request.headers.contains_key("grpc-previous-rpc-attempts");
    let behind = requests.iter().filter(carry_it).skip_while(|request| !first_time(request)).count();
    assert_eq!((behind, harness.flow.calls()), (1, 2), "nothing follows the one that found out");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_over_when_it_arrives_is_tried_once_after_a_rejection_too() {
    for kind in Kind::ALL {
        let harness = Harness::local_checking();
        harness.flow.then(Login::Issue(Credentials::new(harness.valid_token()).with_expires_in(Duration::ZERO)));
        let client = harness.client();
        assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 1), "{kind:?}");
    }
}

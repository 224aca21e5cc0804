//! Many calls, one session: one login for each token that was rejected, however many calls it was rejected for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use auth_runtime::Credentials;
use futures_util::future::join_all;
use tests::{
    call::{Kind, call, numbered, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    gate::Gate,
    harness::{Harness, Server as _},
    peer::{Answer, Peer, Tokens},
    transport::{self, LocalTransport},
};
use tonic::Code;

/// As many calls of each kind as are asked for, all at once, over several connections, clients and clones.
async fn storm(harness: &Harness, calls: usize) {
    let clients = [harness.client(), harness.client(), harness.client()];
    let calls = (0..calls).map(|number| spawn(&clients[number % clients.len()], Kind::ALL[number % 4]));
    for outcome in join_all(calls).await {
        let outcome = outcome.unwrap();
        assert_eq!(outcome.numbers(), [2], "{:?}", outcome.status);
    }
}

fn rejections(harness: &Harness) -> usize {
    let valid = harness.issued();
    harness.tokens_seen().iter().filter(|token| !token.as_ref().is_some_and(|token| valid.contains(token))).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_with_a_revoked_token_get_a_thousand_responses_and_cost_one_login() {
    for rejection in [Answer::rejected(), Answer::rejected_late()] {
        let harness = Harness::checking(rejection, Answer::message(&numbered(2)));
        let authenticator = harness.authenticator();
        storm(&harness, 1000).await;

        assert_eq!(harness.flow.calls(), 1);
        let statistics = authenticator.statistics();
        assert_eq!((statistics.refreshes(), statistics.logins(), statistics.failures()), (1, 0, 0));
        assert_eq!(statistics.replays() as usize, rejections(&harness));
        assert_eq!(harness.peer.requests().len(), 1000 + rejections(&harness));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_revocation_costs_one_login() {
    let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(2)));
    for revocations in 1..=3 {
        storm(&harness, 100).await;
        assert_eq!(harness.flow.calls(), revocations);
        harness.tokens().revoke_all();
    }
    assert_eq!(harness.flow.most_running(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_calls_whose_rejections_all_come_during_the_login_share_it() {
    const CALLS: usize = 10_000;
    let arrived = Arc::new(AtomicUsize::new(0));
    let gate = Gate::new();
    let tokens = Tokens::new();
    let transport = LocalTransport::new({
        let (arrived, gate, tokens) = (arrived.clone(), gate.clone(), tokens.clone());
        move |request| {
            let (arrived, gate) = (arrived.clone(), gate.clone());
            let admitted = tokens.admit(request.headers(), "authorization");
            async move {
                if admitted {
                    return transport::message(&numbered(2));
                }
                // All calls are on their way before the first is rejected.
                if arrived.fetch_add(1, Ordering::SeqCst) + 1 == CALLS {
                    gate.open();
                }
                gate.pass().await;
                transport::rejected()
            }
        }
    });
    let harness = Harness::with_peer(tokens, transport);
    let client = harness.client();
    let calls: Vec<_> = (0..CALLS).map(|number| spawn(&client, Kind::ALL[number % 4])).collect();
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap().numbers(), [2]);
    }

    assert_eq!(harness.flow.calls(), 1);
    assert_eq!(harness.peer.requests().len(), 2 * CALLS);
    assert_eq!(harness.authenticator().statistics().replays() as usize, CALLS);
}

#[tokio::test]
async fn a_late_rejection_of_an_old_token_refreshes_nothing_and_is_replayed_with_the_new_one() {
    for (kind, late) in Kind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let gate = Gate::new();
        let rejection = || if late { Answer::rejected_late() } else { Answer::rejected() };
        let answer = || Answer::message(&numbered(2));
        let harness =
            Harness::answering([Answer::new().pass(&gate).and_then(rejection()), rejection(), answer(), answer()]);
        let client = harness.client();
        let slow = spawn(&client, kind);
        harness.peer.request(0).await;
        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        gate.open();

        assert_eq!(slow.await.unwrap().numbers(), [2], "{kind:?}");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
        assert_eq!(harness.tokens_seen()[3], harness.issued().pop(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_late_rejection_of_a_call_that_cannot_be_replayed_refreshes_nothing_either() {
    let gate = Gate::new();
    let answer = || Answer::message(&numbered(2));
    let slow = Answer::new().pass(&gate).and_then(Answer::rejected());
    let harness = Harness::answering([slow, Answer::rejected(), answer(), answer()]);
    let client = harness.client();
    let once = tokio::spawn({
        let client = client.clone();
        async move { client.once(numbered(1)).await }
    });
    harness.peer.request(0).await;
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [2]);
    gate.open();

    assert_eq!(once.await.unwrap().unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [2]);
    let token = harness.issued().pop();
    assert_eq!(harness.tokens_seen()[2..], [token.clone(), token]);
    assert_eq!(harness.flow.calls(), 1);
}

#[tokio::test]
async fn a_call_that_is_rejected_while_a_login_runs_joins_it() {
    for kind in Kind::ALL {
        let gate = Gate::new();
        let tokens = Tokens::new();
        // The first request is held until a login runs, then it is rejected like the second.
        let transport = LocalTransport::new({
            let (gate, tokens) = (gate.clone(), tokens.clone());
            move |request| {
                let gate = gate.clone();
                let admitted = tokens.admit(request.headers(), "authorization");
                async move {
                    if admitted {
                        return transport::message(&numbered(2));
                    }
                    if gate.arrivals() == 0 {
                        gate.pass().await;
                    }
                    transport::rejected()
                }
            }
        });
        let harness = Harness::with_peer(tokens, transport);
        let login = harness.flow.hold();
        let client = harness.client();
        let slow = spawn(&client, kind);
        gate.arrived(1).await;
        let fast = spawn(&client, kind);
        login.arrived(1).await;
        gate.open();
        // In one task there is nothing else to do than to hand the slow call its rejection.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        login.open();

        assert_eq!(slow.await.unwrap().numbers(), [2], "{kind:?}");
        assert_eq!(fast.await.unwrap().numbers(), [2], "{kind:?}");
        assert_eq!((harness.flow.calls(), harness.peer.requests().len()), (1, 4), "{kind:?}");
    }
}

#[tokio::test]
async fn refreshes_by_hand_and_by_calls_are_the_same_refresh() {
    let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(2)));
    let authenticator = harness.authenticator();
    let login = harness.flow.hold();
    let calling = spawn(&harness.client(), Kind::Unary);
    login.arrived(1).await;
    let by_hand: Vec<_> = (0..5)
        .map(|_| {
            let authenticator = authenticator.clone();
            tokio::spawn(async move { authenticator.refresh_credentials().await.map(drop) })
        })
        .collect();
    tokio::task::yield_now().await;
    login.open();

    assert_eq!(calling.await.unwrap().numbers(), [2]);
    for by_hand in by_hand {
        by_hand.await.unwrap().unwrap();
    }
    assert_eq!(harness.flow.calls(), 1);
}

#[tokio::test]
async fn sessions_of_their_own_know_nothing_of_each_other() {
    let tokens = Tokens::new();
    let peer = Peer::checking(tokens.clone(), "authorization", Answer::rejected(), Answer::message(&numbered(2)));
    let harness = Harness::with_peer(tokens, peer);
    let clients = [0, 1].map(|_| {
        let stale = Credentials::new(harness.secret());
        let authenticator = harness.builder().credentials(stale).build().unwrap();
        AuthenticatedCallsClient::new(authenticator.over(harness.peer.transport()))
    });
    for client in &clients {
        assert_eq!(call(client, Kind::Unary).await.numbers(), [2]);
    }

    assert_eq!(harness.flow.calls(), 2);
}

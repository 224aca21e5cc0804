//! Servers that go away and come back, and logins that hang, while calls wait.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{sync::Arc, time::Duration};

use auth_runtime::{Authenticator, flyte::AuthMetadata};
use futures_util::future::join_all;
use tests::{
    call::{Kind, call, numbered, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    canary::Canary,
    flow::{Login as Attempt, ScriptedFlow},
    gate::Gate,
    harness::Harness,
    peer::{Answer, Peer},
    reserved_address::ReservedAddress,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Code,
    service::Routes,
    transport::{Endpoint, Server},
};

#[tokio::test]
async fn a_server_that_restarts_during_the_refresh_gets_the_replay() {
    for kind in Kind::ALL {
        for rejection in [Answer::rejected(), Answer::rejected_late()] {
            let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
            let login = harness.flow.hold();
            let calling = spawn(&harness.client(), kind);
            login.arrived(1).await;
            // What a restart is to a client: its connection is gone, and the address answers again.
            harness.peer.go_away().await;
            login.open();
            let outcome = calling.await.unwrap();
            assert_eq!(outcome.numbers(), [2], "{kind:?}: {:?}", outcome.status);
            assert_eq!((harness.flow.calls(), harness.peer.connections()), (1, 2), "{kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn five_thousand_calls_that_wait_for_a_login_that_hangs_all_end_with_its_timeout() {
    let harness = Harness::local_checking();
    harness.authenticate_with(|builder| builder.login_first(true));
    harness.flow.then(Attempt::Hang);
    let client = harness.client();
    let tasks_before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let calls: Vec<_> = (0..5000).map(|number| spawn(&client, Kind::ALL[number % 4])).collect();
    let started = tokio::time::Instant::now();
    for outcome in join_all(calls).await {
        let outcome = outcome.unwrap();
        assert_eq!(outcome.code(), Code::Unavailable, "{:?}", outcome.status);
        assert!(outcome.status().message().contains("60s"), "{:?}", outcome.status);
    }
    assert_eq!((started.elapsed().as_secs(), harness.flow.calls(), harness.flow.running()), (60, 1, 0));
    // The task that tells them ends in the turn after the last one's.
    tokio::task::yield_now().await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), tasks_before);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok, "and nothing is wedged");
}

#[tokio::test]
async fn a_server_that_is_down_at_the_first_login_is_asked_how_to_log_in_once_it_is_back() {
    let canary = Canary::new();
    let token = canary.secret();
    let address = ReservedAddress::new();
    let discovery = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let flow = ScriptedFlow::new(move || auth_runtime::Credentials::new(&token));
    let peer = Peer::answering([Answer::message(&numbered(1))]);
    let authenticator = Authenticator::builder(peer.endpoint())
        .flow(flow.clone())
        .discovery(AuthMetadata::new(discovery))
        .login_first(true)
        .build()
        .unwrap();
    let channel = Endpoint::from_shared(peer.endpoint()).unwrap().connect_lazy();
    let client = AuthenticatedCallsClient::new(authenticator.over(channel));
    let outcome = call(&client, Kind::Unary).await;
    assert_eq!(outcome.code(), Code::Unavailable, "{:?}", outcome.status);
    assert_eq!(flow.calls(), 0);

    // Back, and without the service: it wants nothing special.
    let server = Server::builder().add_routes(Routes::default());
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(address.listen())));
    authenticator.login().await.unwrap();
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [1]);
}

#[tokio::test]
async fn clients_whose_authenticator_is_dropped_while_they_wait_for_nothing_leave_nothing_behind() {
    let harness = Harness::local_checking();
    let gate = Gate::new();
    harness.flow.then(Attempt::token(harness.valid_token()).held_at(&gate));
    let owners = harness.flow.owners();
    let authenticator = harness.builder().login_first(true).build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.over(tests::harness::Server::transport(&harness.peer)));
    drop(authenticator);
    let waiting = Arc::new(client.clone());
    let calling = spawn(&*waiting, Kind::Unary);
    gate.arrived(1).await;
    calling.abort();
    assert!(calling.await.unwrap_err().is_cancelled());
    drop((client, waiting));
    // The login's task is gone with the last of them, and the flow with it.
    tests::guard::within_reason("the end of the login", async {
        while harness.flow.owners() > owners || harness.flow.running() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

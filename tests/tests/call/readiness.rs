//! The transport's permits: a call that waits for a login holds none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{AuthLayer, Credentials};
use http::{Request, Response};
use tests::{
    call::{Kind, numbered, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    canary::Canary,
    flow::ScriptedFlow,
    harness::Harness,
    mock_body::MockBody,
    peer::Answer,
    transport,
};
use tonic::{Code, body::Body, transport::Endpoint};
use tower::{Layer as _, Service as _};
use tower_test::mock;

type Mock = mock::Mock<Request<Body>, Response<MockBody>>;
type Handle = mock::Handle<Request<Body>, Response<MockBody>>;

struct World {
    canary: Canary,
    flow: ScriptedFlow,
    client: AuthenticatedCallsClient<Mock>,
    handle: Handle,
    layer: AuthLayer,
    transport: Mock,
}

fn over_a_mock() -> World {
    let canary = Canary::new();
    let token = canary.secret();
    let flow = ScriptedFlow::new(move || Credentials::new(&token));
    let authenticator = auth_runtime::Authenticator::builder("http://localhost:1")
        .flow(flow.clone())
        .credentials(Credentials::new(canary.secret()))
        .build()
        .unwrap();
    let (transport, handle) = mock::pair();
    World {
        canary,
        flow,
        client: AuthenticatedCallsClient::new(authenticator.over(transport.clone())),
        handle,
        layer: AuthLayer::new(authenticator),
        transport,
    }
}

async fn answer(handle: &mut Handle, response: Response<MockBody>) {
    let (_request, respond) = handle.next_request().await.unwrap();
    respond.send_response(response);
}

// The mock panics when it is called without having been asked whether it is ready.
#[tokio::test]
async fn the_transport_is_asked_for_readiness_before_each_attempt() {
    for kind in Kind::ALL {
        for rejection in [transport::rejected as fn() -> _, transport::rejected_late as fn() -> _] {
            let mut world = over_a_mock();
            let calling = spawn(&world.client, kind);
            answer(&mut world.handle, rejection()).await;
            answer(&mut world.handle, transport::message(&numbered(2))).await;

            assert_eq!(calling.await.unwrap().numbers(), [2], "{kind:?}");
            world.canary.check();
        }
    }
}

#[tokio::test]
async fn a_service_that_is_called_again_and_again_needs_no_fresh_clone() {
    let mut world = over_a_mock();
    let mut service = world.layer.layer(world.transport.clone());
    for _ in 0..3 {
        tower::ServiceExt::ready(&mut service).await.unwrap();
        let request = Request::post("/tests.v1.Calls/Unary").body(Body::empty()).unwrap();
        let (response, ()) =
            tokio::join!(service.call(request), answer(&mut world.handle, transport::message(&numbered(2))));
        response.unwrap();
    }
}

#[tokio::test]
async fn the_replay_waits_until_the_transport_is_ready_again() {
    let mut world = over_a_mock();
    world.handle.allow(1);
    let calling = spawn(&world.client, Kind::Unary);
    answer(&mut world.handle, transport::rejected()).await;
    // The login is over, and the transport still gives no second permit.
    while world.flow.ended() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(world.handle.poll_request().is_pending());
    world.handle.allow(1);
    answer(&mut world.handle, transport::message(&numbered(2))).await;

    assert_eq!(calling.await.unwrap().numbers(), [2]);
}

#[tokio::test]
async fn an_error_of_the_transport_reaches_the_caller_before_and_behind_a_rejection() {
    let mut world = over_a_mock();
    let calling = spawn(&world.client, Kind::Unary);
    let (_request, respond) = world.handle.next_request().await.unwrap();
    respond.send_error(tonic::Status::resource_exhausted("no more"));
    assert_eq!(calling.await.unwrap().code(), Code::ResourceExhausted);

    let calling = spawn(&world.client, Kind::Unary);
    answer(&mut world.handle, transport::rejected()).await;
    let (_request, respond) = world.handle.next_request().await.unwrap();
    respond.send_error(tonic::Status::resource_exhausted("no more"));
    assert_eq!(calling.await.unwrap().code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn while_one_call_waits_for_a_login_the_only_permit_of_its_channel_serves_others() {
    for (kind, rejection) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Answer::rejected()), (kind, Answer::rejected_late())])
    {
        let answers = [rejection, Answer::message(&numbered(3)), Answer::message(&numbered(2))];
        let harness = Harness::answering(answers);
        let login = harness.flow.hold();
        let channel = Endpoint::from_shared(harness.peer.endpoint()).unwrap().concurrency_limit(1).buffer_size(1);
        let client = AuthenticatedCallsClient::new(harness.authenticator().over(channel.connect_lazy()));
        let waiting = spawn(&client, kind);
        login.arrived(1).await;

        // This one needs no credentials, only the permit.
        assert_eq!(client.open(numbered(7)).await.unwrap().into_inner(), numbered(3), "{kind:?}");
        login.open();
        assert_eq!(waiting.await.unwrap().numbers(), [2], "{kind:?}");
    }
}

#[tokio::test]
async fn while_calls_wait_for_the_first_login_the_only_permit_of_their_channel_serves_others() {
    let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(2)));
    let login = harness.flow.hold();
    let authenticator = harness.authenticate_with(|builder| builder.login_first(true));
    let channel = Endpoint::from_shared(harness.peer.endpoint()).unwrap().concurrency_limit(1).buffer_size(1);
    let client = AuthenticatedCallsClient::new(authenticator.over(channel.connect_lazy()));
    let waiting = Kind::ALL.map(|kind| spawn(&client, kind));
    login.arrived(1).await;

    assert_eq!(client.open(numbered(7)).await.unwrap_err().code(), Code::Unauthenticated);
    login.open();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().numbers(), [2]);
    }
}

//! Limits and timeouts that are set for one authenticator: each does what it says, and none can do harm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use auth_runtime::{
    AuthError, AuthLayer, Authenticator, Credentials, Discovery, ServerDetails,
    flow::{ClientCredentials, Command, StaticToken},
    limits::Limits,
};
use futures_util::stream;
use tests::{
    call::{Kind, call, numbered},
    calls::calls_client::CallsClient,
    flow::Login as Attempt,
    harness::Harness,
    login::Login,
    peer::Answer as GrpcAnswer,
    token_endpoint::{Answer, TokenEndpoint},
    told::told,
    transport::LocalTransport,
};
use tokio::time::Instant;
use tonic::{Code, Request};
use tower::Layer as _;

const SECOND: Duration = Duration::from_secs(1);

/// Ten years.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

fn logging_in_first(limits: Limits) -> Harness<LocalTransport> {
    let harness = Harness::local_checking();
    harness.authenticate_with(|builder| builder.login_first(true).limits(limits));
    harness
}

async fn token_request(answer: Answer, limits: Limits) -> Result<Credentials, AuthError> {
    let endpoint = TokenEndpoint::answering([answer]);
    let flow = ClientCredentials::new("client", "secret").token_url(endpoint.url());
    Authenticator::builder("https://flyte.example.com").flow(flow).limits(limits).build().unwrap().login().await
}

// === What cannot work ===

#[test]
fn a_limit_that_cannot_work_is_refused_with_its_name_when_the_authenticator_is_built() {
    let limits = Limits::new;
    let refused = [
        ("refresh_window", limits().with_refresh_window(Duration::MAX)),
        ("backoff_max", limits().with_backoff_max(Duration::MAX)),
        ("login_timeout", limits().with_login_timeout(Duration::MAX)),
        ("login_timeout", limits().with_login_timeout(Duration::ZERO)),
        ("http_attempt_timeout", limits().with_http_attempt_timeout(Duration::ZERO)),
        ("connect_timeout", limits().with_connect_timeout(Duration::ZERO)),
        ("discovery_timeout", limits().with_discovery_timeout(Duration::ZERO)),
        ("store_timeout", limits().with_store_timeout(Duration::ZERO)),
        ("store_timeout", limits().with_store_timeout(LONGEST + SECOND)),
        ("max_token_bytes", limits().with_max_token_bytes(0)),
    ];
    for (name, limits) in refused {
        let built = Authenticator::builder("https://flyte.example.com").limits(limits).build();
        let error = built.unwrap_err();
        assert!(error.setting() == Some("limits"), "{name}: {error:?}");
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_limits_that_are_accepted_overflow_nothing() {
    let limits = Limits::new().with_refresh_window(LONGEST).with_backoff_max(LONGEST).with_login_timeout(LONGEST);
    let harness = logging_in_first(limits.with_store_timeout(LONGEST).with_discovery_timeout(LONGEST));
    harness.tokens_live(LONGEST);
    for _ in 0..3 {
        harness.flow.then(Attempt::transient("away"));
        harness.authenticator().refresh_credentials().await.unwrap_err();
    }
    harness.authenticator().refresh_credentials().await.unwrap();
    assert_eq!(call(&harness.client(), Kind::Unary).await.code(), Code::Ok);
}

// === What each does ===

#[tokio::test(start_paused = true)]
async fn login_timeout_bounds_a_login_whatever_its_flow_says() {
    let harness = logging_in_first(Limits::new().with_login_timeout(7 * SECOND));
    harness.flow.then(Attempt::Hang);
    let started = Instant::now();
    let error = harness.authenticator().login().await.unwrap_err();
    assert!(error.timeout() == Some(7 * SECOND), "{error:?}");
    assert_eq!(started.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn backoff_max_bounds_the_pauses_after_failures() {
    let harness = logging_in_first(Limits::new().with_backoff_max(SECOND / 2));
    for _ in 0..5 {
        harness.flow.then(Attempt::transient("away"));
    }
    let started = Instant::now();
    assert_eq!(call(&harness.client(), Kind::Unary).await.code(), Code::Ok);
    assert_eq!((started.elapsed(), harness.flow.calls()), (SECOND * 5 / 2, 6));
}

#[tokio::test]
async fn a_provider_that_asks_for_it_is_left_alone_beyond_the_longest_pause_and_up_to_a_limit() {
    for (asked_for, granted) in [(300, 300), (100_000, 600)] {
        let endpoint = TokenEndpoint::answering([
            Answer::status(503).header("retry-after", &asked_for.to_string()),
            Answer::token("t", 60),
        ]);
        let flow = ClientCredentials::new("client", "secret").token_url(endpoint.url());
        let builder = Authenticator::builder("https://flyte.example.com").flow(flow).login_first(true);
        let authenticator = builder.build().unwrap();
        authenticator.fetch_grpc_call_auth_metadata().await.unwrap_err();
        tokio::time::pause();
        // Longer before the end than a call waits.
        tokio::time::advance(Duration::from_secs(granted - 4)).await;
        authenticator.fetch_grpc_call_auth_metadata().await.unwrap_err();
        assert_eq!(endpoint.requests().len(), 1, "{asked_for}");
        tokio::time::advance(4 * SECOND).await;
        tokio::time::resume();
        authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn http_attempt_timeout_bounds_a_request() {
    let error =
        token_request(Answer::silence(), Limits::new().with_http_attempt_timeout(3 * SECOND)).await.unwrap_err();
    assert!(error.timeout() == Some(3 * SECOND), "{error:?}");
}

#[tokio::test]
async fn a_response_of_more_than_a_mebibyte_is_not_read() {
    let body = serde_json::json!({ "access_token": "a-token" }).to_string();
    for (bytes, enough) in [(1024 * 1024, true), (1024 * 1024 + 1, false)] {
        let padded = body.clone() + &" ".repeat(bytes - body.len());
        let outcome = token_request(Answer::text(200, "application/json", padded), Limits::new()).await;
        match outcome {
            Ok(_) => assert!(enough, "{bytes} bytes"),
            Err(error) => assert!(!enough && error.to_string().contains("longer than 1048576 bytes"), "{error}"),
        }
    }
}

#[tokio::test]
async fn max_token_bytes_bounds_a_token_of_any_flow() {
    let limited = || Limits::new().with_max_token_bytes(10);
    let builder = |token: &str| Authenticator::builder("https://flyte.example.com").flow(StaticToken::new(token));
    let error = builder("12345678901").limits(limited()).build().unwrap().login().await.unwrap_err();
    assert!(error.to_string().contains("more than the 10"), "{error}");
    builder("1234567890").limits(limited()).build().unwrap().login().await.unwrap();

    let program = Command::new("/bin/echo").args(["12345678901"]);
    let command = Authenticator::builder("https://flyte.example.com").flow(program).limits(limited());
    let error = command.build().unwrap().login().await.unwrap_err();
    assert!(told(&error).contains("more than 10 bytes"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn refresh_window_and_margin_decide_when_a_token_is_refreshed() {
    let harness = logging_in_first(Limits::new().with_refresh_window(1000 * SECOND));
    harness.tokens_live(3600 * SECOND);
    let client = harness.client();
    call(&client, Kind::Unary).await;
    tokio::time::sleep(2599 * SECOND).await;
    call(&client, Kind::Unary).await;
    assert_eq!(harness.flow.calls(), 1);
    let gate = harness.flow.hold();
    // By now the window has begun, by whatever part of itself it was shortened.
    tokio::time::sleep(502 * SECOND).await;
    // In the background while the old one serves, and awaited in the margin.
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    gate.arrived(1).await;
    tokio::time::sleep(50 * SECOND).await;
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    assert_eq!(harness.flow.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn three_new_tokens_are_tried_in_vain() {
    let rejecting = LocalTransport::new(|_request| std::future::ready(tests::transport::rejected()));
    let harness = Harness::local(rejecting);
    let client = harness.client();
    for _ in 0..20 {
        call(&client, Kind::Unary).await;
    }
    assert_eq!(harness.flow.calls(), 3);
}

#[tokio::test]
async fn the_largest_message_is_what_the_client_says_and_else_what_the_authenticator_says() {
    let large = numbered(u64::MAX);
    let server = LocalTransport::new(move |_request| std::future::ready(tests::transport::message(&large)));
    let harness = Harness::local(server);
    harness.authenticate_with(|builder| builder.max_decoding_message_size(4));
    for kind in Kind::ALL {
        assert_eq!(call(&harness.client(), kind).await.code(), Code::OutOfRange, "{kind:?}");
        let client = harness.client().max_decoding_message_size(64);
        assert_eq!(call(&client, kind).await.numbers(), [u64::MAX], "{kind:?}");
    }
}

#[tokio::test]
async fn replay_buffer_bytes_is_how_much_of_a_request_stream_is_held() {
    for (bound, code) in [(64 * 1024, Code::Unauthenticated), (200 * 1024, Code::Ok)] {
        let harness = Harness::answering([
            GrpcAnswer::new().read(3).trailers_only(Code::Unauthenticated, "no"),
            GrpcAnswer::message(&numbered(2)),
        ]);
        let builder = harness.builder().login_first(true).limits(Limits::new().with_replay_buffer_bytes(bound));
        let transport = tests::harness::Server::transport(&harness.peer);
        let mut client = CallsClient::new(AuthLayer::new(builder.build().unwrap()).layer(transport));
        let mut messages = [1, 2, 3].map(numbered);
        for message in &mut messages {
            message.payload = vec![7; 40_000];
        }
        let outcome = client.client_streaming(Request::new(stream::iter(messages))).await;
        assert_eq!(outcome.map_or_else(|status| status.code(), |_| Code::Ok), code, "{bound}");
    }
}

#[tokio::test(start_paused = true)]
async fn discovery_timeout_bounds_the_wait_for_the_header_of_stored_credentials() {
    struct Silent;
    impl Discovery for Silent {
        async fn discover(&self) -> Result<ServerDetails, AuthError> {
            std::future::pending().await
        }
    }
    let login = Login::new();
    let store = auth_runtime::store::MemoryStore::new();
    let key = tests::store::key(&login);
    auth_runtime::CredentialsStore::save(&store, &key, &Credentials::new("stored")).await.unwrap();
    let builder = login.builder(login.pkce()).store(store).discovery(Silent);
    let authenticator = builder.limits(Limits::new().with_discovery_timeout(3 * SECOND)).build().unwrap();
    let started = Instant::now();
    authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn connect_timeout_bounds_a_connection_that_is_not_answered() {
    // A listener whose queue is full: further connections are neither accepted nor refused.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let limits = Limits::new().with_connect_timeout(SECOND / 10);
    let authenticator = Authenticator::builder(endpoint).limits(limits).build().unwrap();
    // TCP connects; the TLS handshake is what never ends.
    let error = authenticator.connect().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    drop(listener);
}

//! Limits and time-outs that are set for one authenticator: each does what it says, and none can do harm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use auth_runtime::{
    AuthError, AuthErrorKind, AuthLayer, Authenticator, Credentials, Discovery, ServerDetails,
    flow::{ClientCredentials, Command, StaticToken},
    limits::{self, Limits},
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
    transport::LocalTransport,
};
use tokio::time::Instant;
use tonic::{Code, Request};
use tower::Layer as _;

const SECOND: Duration = Duration::from_secs(1);

fn with(set: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    set(&mut limits);
    limits
}

fn logging_in_first(set: impl FnOnce(&mut Limits)) -> Harness<LocalTransport> {
    let harness = Harness::local_checking();
    harness.authenticate_with(|builder| builder.login_first(true).limits(with(set)));
    harness
}

async fn token_request(answer: Answer, set: impl FnOnce(&mut Limits)) -> Result<Credentials, AuthError> {
    let endpoint = TokenEndpoint::answering([answer]);
    let flow = ClientCredentials::new("client", "secret").token_url(endpoint.url());
    Authenticator::builder("https://flyte.example.com").flow(flow).limits(with(set)).build().unwrap().login().await
}

// === What cannot work ===

#[test]
fn a_limit_that_cannot_work_is_refused_with_its_name_when_the_authenticator_is_built() {
    type Set = fn(&mut Limits);
    let eleven_years = Duration::from_secs(11 * 365 * 24 * 60 * 60);
    assert!(eleven_years > limits::MAX_TOKEN_LIFETIME);
    let refused: [(&str, Set); 20] = [
        ("refresh_window", |limits| limits.refresh_window = Duration::MAX),
        ("expiry_margin", |limits| limits.expiry_margin = Duration::MAX),
        ("max_token_lifetime", |limits| limits.max_token_lifetime = Duration::MAX),
        ("back_off_first", |limits| limits.back_off_first = Duration::MAX),
        ("back_off_max", |limits| limits.back_off_max = Duration::MAX),
        ("flight_margin", |limits| limits.flight_margin = Duration::MAX),
        ("retry_after_max", |limits| limits.retry_after_max = Duration::MAX),
        ("login_timeout", |limits| limits.login_timeout = Some(Duration::MAX)),
        ("login_timeout", |limits| limits.login_timeout = Some(Duration::ZERO)),
        ("http_attempt_timeout", |limits| limits.http_attempt_timeout = Duration::ZERO),
        ("connect_timeout", |limits| limits.connect_timeout = Duration::ZERO),
        ("discovery_timeout", |limits| limits.discovery_timeout = Duration::ZERO),
        ("store_timeout", |limits| limits.store_timeout = Duration::ZERO),
        ("refresh_window_jitter", |limits| limits.refresh_window_jitter = 1.5),
        ("back_off_jitter", |limits| limits.back_off_jitter = f64::NAN),
        ("back_off_factor", |limits| limits.back_off_factor = f64::INFINITY),
        ("refresh_window_lifetime_divisor", |limits| limits.refresh_window_lifetime_divisor = 0),
        ("expiry_margin_lifetime_divisor", |limits| limits.expiry_margin_lifetime_divisor = 0),
        ("callback_head_bytes", |limits| limits.callback_head_bytes = 100),
        ("max_token_bytes", |limits| limits.max_token_bytes = 0),
    ];
    for (name, set) in refused {
        let built = Authenticator::builder("https://flyte.example.com").limits(with(set)).build();
        let error = built.unwrap_err();
        assert!(error.setting() == Some("limits"), "{name}: {error:?}");
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_limits_that_are_accepted_overflow_nothing() {
    let longest = limits::MAX_TOKEN_LIFETIME;
    let harness = logging_in_first(|limits| {
        (limits.refresh_window, limits.expiry_margin, limits.back_off_first) = (longest, longest, longest);
        (limits.back_off_max, limits.retry_after_max, limits.flight_margin) = (longest, longest, longest);
        (limits.login_timeout, limits.back_off_factor) = (Some(longest), 100.0);
    });
    harness.tokens_live(longest);
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
    let harness = logging_in_first(|limits| limits.login_timeout = Some(7 * SECOND));
    harness.flow.then(Attempt::Hang);
    let started = Instant::now();
    let error = harness.authenticator().login().await.unwrap_err();
    assert!(error.timeout() == Some(7 * SECOND), "{error:?}");
    assert_eq!(started.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_pauses_after_failures_are_as_long_as_they_are_set() {
    let harness = logging_in_first(|limits| {
        (limits.back_off_first, limits.back_off_factor) = (10 * SECOND, 3.0);
        (limits.back_off_jitter, limits.back_off_max) = (0.0, 60 * SECOND);
    });
    for _ in 0..5 {
        harness.flow.then(Attempt::transient("away"));
    }
    let client = harness.client();
    let started = Instant::now();
    let mut attempts = Vec::new();
    while call(&client, Kind::Unary).await.code() != Code::Ok {
        if attempts.len() < harness.flow.calls() {
            attempts.push(started.elapsed().as_secs());
        }
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(attempts, [0, 10, 40, 100, 160]);
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

#[tokio::test]
async fn retry_after_max_is_how_long_a_provider_is_believed() {
    let answer = Answer::status(503).header("retry-after", "300");
    let error = token_request(answer, |limits| limits.retry_after_max = 5 * SECOND).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (AuthErrorKind::Unavailable, Some(5 * SECOND)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn http_attempt_timeout_bounds_a_request() {
    let error = token_request(Answer::silence(), |limits| limits.http_attempt_timeout = 3 * SECOND).await.unwrap_err();
    assert!(error.timeout() == Some(3 * SECOND), "{error:?}");
}

#[tokio::test]
async fn max_response_bytes_bounds_an_answer() {
    let answer = || Answer::token("x".repeat(2000), 3600);
    let error = token_request(answer(), |limits| limits.max_response_bytes = 1000).await.unwrap_err();
    assert!(error.to_string().contains("longer than 1000 bytes"), "{error}");
    token_request(answer(), |limits| limits.max_response_bytes = 3000).await.unwrap();

    let body = serde_json::json!({ "access_token": "a-token" }).to_string();
    for (bound, enough) in [(body.len(), true), (body.len() - 1, false)] {
        let answer = Answer::text(200, "application/json", body.clone());
        let outcome = token_request(answer, |limits| limits.max_response_bytes = bound).await;
        assert_eq!(outcome.is_ok(), enough, "{bound} bytes");
    }
}

#[tokio::test]
async fn max_token_bytes_bounds_a_token_of_any_flow() {
    let limited = || with(|limits| limits.max_token_bytes = 10);
    let builder = |token: &str| Authenticator::builder("https://flyte.example.com").flow(StaticToken::new(token));
    let error = builder("12345678901").limits(limited()).build().unwrap().login().await.unwrap_err();
    assert!(error.to_string().contains("more than the 10"), "{error}");
    builder("1234567890").limits(limited()).build().unwrap().login().await.unwrap();

    let program = Command::new("/bin/echo").args(["12345678901"]);
    let command = Authenticator::builder("https://flyte.example.com").flow(program).limits(limited());
    let error = command.build().unwrap().login().await.unwrap_err();
    assert!(error.to_string().contains("more than 10 bytes"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn window_and_margin_decide_when_a_token_is_refreshed() {
    let harness = logging_in_first(|limits| {
        (limits.refresh_window, limits.refresh_window_jitter) = (1000 * SECOND, 0.0);
        limits.expiry_margin = 100 * SECOND;
    });
    harness.tokens_live(3600 * SECOND);
    let client = harness.client();
    call(&client, Kind::Unary).await;
    tokio::time::sleep(2599 * SECOND).await;
    call(&client, Kind::Unary).await;
    assert_eq!(harness.flow.calls(), 1);
    let gate = harness.flow.hold();
    tokio::time::sleep(2 * SECOND).await;
    // In the background while the old one serves, and awaited in the margin.
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    gate.arrived(1).await;
    tokio::time::sleep(50 * SECOND).await;
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    assert_eq!(harness.flow.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn max_token_lifetime_cuts_what_a_provider_says() {
    let harness = logging_in_first(|limits| limits.max_token_lifetime = 60 * SECOND);
    harness.tokens_live(3600 * SECOND);
    let client = harness.client();
    call(&client, Kind::Unary).await;
    tokio::time::sleep(61 * SECOND).await;
    call(&client, Kind::Unary).await;
    assert_eq!(harness.flow.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn futile_refreshes_is_how_many_new_tokens_are_tried_in_vain() {
    for allowed in [1, 5] {
        let rejecting = LocalTransport::new(|_request| std::future::ready(tests::transport::rejected()));
        let harness = Harness::local(rejecting);
        harness.authenticate_with(|builder| builder.limits(with(|limits| limits.futile_refreshes = allowed)));
        let client = harness.client();
        for _ in 0..20 {
            call(&client, Kind::Unary).await;
        }
        assert_eq!(harness.flow.calls(), allowed as usize);
    }
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
async fn max_attempts_can_switch_replays_off() {
    let harness = Harness::answering([GrpcAnswer::rejected()]);
    harness.authenticate_with(|builder| builder.limits(with(|limits| limits.max_attempts = 1)));
    assert_eq!(call(&harness.client(), Kind::Unary).await.code(), Code::Unauthenticated);
    assert_eq!(harness.peer.requests().len(), 1);
}

#[tokio::test]
async fn replay_bound_is_how_much_of_a_request_stream_is_held() {
    for (bound, code) in [(64 * 1024, Code::Unauthenticated), (200 * 1024, Code::Ok)] {
        let harness = Harness::answering([
            GrpcAnswer::new().read(3).trailers_only(Code::Unauthenticated, "no"),
            GrpcAnswer::message(&numbered(2)),
        ]);
        let builder = harness.builder().login_first(true).limits(with(|limits| limits.replay_buffer_bytes = bound));
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
    let authenticator = builder.limits(with(|limits| limits.discovery_timeout = 3 * SECOND)).build().unwrap();
    let started = Instant::now();
    authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn min_device_interval_slows_down_a_provider_that_wants_to_be_hammered() {
    let login = Login::new();
    login.provider.set(|settings| settings.device = serde_json::json!({ "expires_in": 600, "interval": 0 }));
    for _ in 0..3 {
        login.provider.then("/token", Answer::json(400, serde_json::json!({ "error": "authorization_pending" })));
    }
    let builder = login.builder(login.device_code());
    let authenticator = builder.limits(with(|limits| limits.min_device_interval = SECOND / 5)).build().unwrap();
    let started = std::time::Instant::now();
    let approve = async {
        let tests::prompt::Shown::DeviceCode { user_code, .. } = login.prompt.nth(0).await else { panic!("no code") };
        login.provider.decide(&user_code, true);
    };
    let (outcome, ()) = tokio::join!(authenticator.login(), approve);
    outcome.unwrap();
    // Four polls, each a fifth of a second after what came before it: a lower bound, which no slow machine breaks.
    assert!(started.elapsed() >= SECOND * 4 / 5, "{:?}", started.elapsed());
}

#[tokio::test]
async fn connect_timeout_bounds_a_connection_that_is_not_answered() {
    // A listener whose queue is full: further connections are neither accepted nor refused.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let limits = with(|limits| limits.connect_timeout = SECOND / 10);
    let authenticator = Authenticator::builder(endpoint).limits(limits).build().unwrap();
    // TCP connects; the TLS handshake is what never ends.
    let error = authenticator.connect().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    drop(listener);
}

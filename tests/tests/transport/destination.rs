//! Credentials go to the endpoint that they are for, and nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::error::Error as _;

use auth_runtime::{AuthError, AuthErrorKind, Authenticator, Credentials};
use tests::{
    call::{Kind, Outcome, call, numbered},
    calls::calls_client::{AuthenticatedCallsClient, CallsClient},
    canary::Canary,
    flow::ScriptedFlow,
    harness::{Harness, Server as _},
    peer::Answer,
    transport::{self, LocalTransport},
};
use tonic::Code;
use tower::Layer as _;

struct World {
    canary: Canary,
    transport: LocalTransport,
    flow: ScriptedFlow,
    authenticator: Authenticator,
}

/// An authenticator for an endpoint, over a transport that would answer anything.
fn bound_to(endpoint: &str, allow_plaintext: bool) -> World {
    let canary = Canary::new();
    let token = canary.secret();
    let flow = ScriptedFlow::new(move || Credentials::new(&token));
    let authenticator = Authenticator::builder(endpoint)
        .flow(flow.clone())
        .credentials(Credentials::new(canary.secret()))
        .allow_plaintext(allow_plaintext)
        .build()
        .unwrap();
    let transport = LocalTransport::new(|_request| std::future::ready(transport::message(&numbered(2))));
    World { canary, transport, flow, authenticator }
}

impl World {
    async fn call(&self, origin: Option<&str>, kind: Kind) -> Outcome {
        let (transport, authenticator) = (self.transport.clone(), self.authenticator.clone());
        let outcome = match origin {
            Some(origin) => {
                let origin = origin.parse().unwrap();
                call(&CallsClient::with_origin(authenticator.over(transport), origin), kind).await
            }
            None => call(&AuthenticatedCallsClient::new(authenticator.over(transport)), kind).await,
        };
        self.canary.check();
        outcome
    }

    async fn is_refused(&self, origin: Option<&str>, refused: fn(&AuthError) -> bool) {
        for kind in Kind::ALL {
            let outcome = self.call(origin, kind).await;

            let status = outcome.status();
            assert_eq!(status.code(), Code::Unauthenticated, "{kind:?} {origin:?}: {status:?}");
            let source = status.source().and_then(|source| source.downcast_ref::<AuthError>());
            assert!(source.is_some_and(refused), "{kind:?} {origin:?}: {status:?}");
            assert!(self.transport.requests().is_empty(), "{kind:?} {origin:?}: something was sent");
            assert_eq!(self.flow.calls(), 0, "{kind:?} {origin:?}: a login was started");
        }
    }

    async fn is_sent(&self, origin: Option<&str>) {
        for kind in Kind::ALL {
            assert_eq!(self.call(origin, kind).await.numbers(), [2], "{kind:?} {origin:?}");
            assert!(self.transport.requests().last().unwrap().bearer().is_some(), "{kind:?} {origin:?}");
        }
    }
}

#[tokio::test]
async fn a_request_to_another_scheme_host_or_port_is_refused_and_nothing_is_sent() {
    let elsewhere = [
        "https://flyte.example.com.evil.example",
        "https://evil.example",
        "https://flyte.example.com:8443",
        "https://example.com",
        "https://flyte.example.co",
        "http://flyte.example.com",
        "http://flyte.example.com:443",
        "http://localhost",
        "http://127.0.0.1:1",
    ];
    for origin in elsewhere {
        let world = bound_to("https://flyte.example.com", true);
        world.is_refused(Some(origin), |error| error.kind() == AuthErrorKind::Destination).await;
    }
}

#[tokio::test]
async fn the_refusal_names_both_places() {
    let world = bound_to("https://flyte.example.com", false);
    let outcome = world.call(Some("https://evil.example"), Kind::Unary).await;

    let message = outcome.status().message();
    assert!(message.contains("https://flyte.example.com") && message.contains("https://evil.example"), "{message}");
}

#[tokio::test]
async fn the_same_place_written_otherwise_is_the_same_place() {
    for (endpoint, origin) in [
        ("https://flyte.example.com", "https://flyte.example.com:443"),
        ("https://flyte.example.com:443", "https://Flyte.Example.COM"),
        ("dns:///flyte.example.com", "https://flyte.example.com"),
        ("dns:flyte.example.com", "https://flyte.example.com"),
        ("dns:[::1]:8443", "https://[::1]:8443"),
        ("dns:443", "https://dns"),
        ("flyte.example.com:8443", "https://flyte.example.com:8443"),
        ("http://[::1]:81", "http://[::1]:81"),
        ("http://localhost", "http://localhost:80"),
    ] {
        bound_to(endpoint, false).is_sent(Some(origin)).await;
    }
}

#[tokio::test]
async fn plaintext_beyond_this_machine_is_refused() {
    for endpoint in
        ["http://flyte.example.com", "http://10.0.0.1:81", "http://localhost.example.com", "http://[fe80::1]"]
    {
        let plaintext = |error: &AuthError| error.kind() == AuthErrorKind::Plaintext;
        bound_to(endpoint, false).is_refused(None, plaintext).await;
        bound_to(endpoint, false).is_refused(Some(endpoint), plaintext).await;
    }
}

#[tokio::test]
async fn plaintext_is_sent_on_this_machine_and_where_it_is_allowed() {
    for endpoint in ["http://localhost:1", "http://127.0.0.1:1", "http://127.8.9.10", "http://[::1]:1"] {
        bound_to(endpoint, false).is_sent(None).await;
    }
    bound_to("http://flyte.example.com", true).is_sent(None).await;
    bound_to("http://flyte.example.com", true).is_sent(Some("http://flyte.example.com")).await;
}

#[tokio::test]
async fn a_login_is_not_even_started_for_a_place_that_credentials_may_not_go_to() {
    let canary = Canary::new();
    let token = canary.secret();
    for kind in Kind::ALL {
        let flow = ScriptedFlow::new({
            let token = token.clone();
            move || Credentials::new(&token)
        });
        let authenticator =
            Authenticator::builder("http://flyte.example.com").flow(flow.clone()).login_first(true).build().unwrap();
        let transport = LocalTransport::answering([]);
        let client = AuthenticatedCallsClient::new(authenticator.over(transport.clone()));

        assert_eq!(call(&client, kind).await.code(), Code::Unauthenticated, "{kind:?}");
        assert!(transport.requests().is_empty() && flow.calls() == 0, "{kind:?}");
    }
}

#[tokio::test]
async fn a_rejection_of_an_anonymous_call_from_such_a_place_brings_no_credentials_there() {
    for kind in Kind::ALL {
        for rejection in [transport::rejected as fn() -> _, transport::rejected_late as fn() -> _] {
            let canary = Canary::new();
            let token = canary.secret();
            let flow = ScriptedFlow::new(move || Credentials::new(&token));
            let authenticator = Authenticator::builder("http://flyte.example.com").flow(flow.clone()).build().unwrap();
            let transport = LocalTransport::new(move |_request| std::future::ready(rejection()));
            let client = AuthenticatedCallsClient::new(authenticator.over(transport.clone()));

            assert_eq!(call(&client, kind).await.code(), Code::Unauthenticated, "{kind:?}");
            let requests = transport.requests();
            assert!(requests.iter().all(|request| request.headers.get("authorization").is_none()), "{kind:?}");
            assert_eq!(flow.calls(), 0, "{kind:?}: a login in vain");
        }
    }
}

#[tokio::test]
async fn a_channel_of_the_authenticators_own_goes_to_its_endpoint() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::message(&numbered(2)), Answer::message(&numbered(3))]);
        let authenticator = harness.authenticator();
        let lazy = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
        let eager = AuthenticatedCallsClient::new(authenticator.connect().await.unwrap());

        assert_eq!(call(&lazy, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(call(&eager, kind).await.numbers(), [3], "{kind:?}");
        let seen: Vec<_> = harness.tokens_seen();
        assert!(seen.iter().all(|token| token.as_deref() == Some(harness.stale_token())), "{kind:?}");
    }
}

#[tokio::test]
async fn a_layer_over_tonics_own_client_checks_the_origin_too() {
    for kind in Kind::ALL {
        let harness = Harness::answering([]);
        let service = auth_runtime::AuthLayer::new(harness.authenticator()).layer(harness.peer.transport());
        let client = CallsClient::with_origin(service, "https://evil.example".parse().unwrap());

        assert_eq!(call(&client, kind).await.code(), Code::Unauthenticated, "{kind:?}");
        assert!(harness.peer.requests().is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_none_is_refused_when_the_authenticator_is_built() {
    for endpoint in [
        "",
        "https://",
        "ftp://flyte.example.com",
        "https://user:password@flyte.example.com",
        "https://flyte.example.com/console",
        "unix:///run/flyte.sock",
        "https://flyte example.com",
        "https://flyte.example.com:99999",
        "https://flyte.example.com:0",
        "dns://ns.example.com/flyte.example.com:443",
        "dns:",
        "dns:///",
        "https://flyte.example.com:+443",
        "https://flyte.example.com:",
        "https://:443",
        "https://flyte[::1]:443",
        "https://[flyte.example.com]:443",
        "https://[::1]443",
    ] {
        let error = Authenticator::builder(endpoint).build().unwrap_err();

        assert!(error.setting() == Some("endpoint"), "{endpoint}: {error:?}");
        assert!(!error.to_string().contains("password@"), "{error}");
    }
}

#[tokio::test]
async fn metadata_for_an_endpoint_that_may_not_have_it_is_refused_before_a_login() {
    let flow = ScriptedFlow::new(|| Credentials::new("a token"));
    let builder = Authenticator::builder("http://flyte.example.com").flow(flow.clone()).login_first(true);
    let error = builder.build().unwrap().fetch_grpc_call_auth_metadata().await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Plaintext, "{error:?}");
    assert_eq!(flow.calls(), 0);
}

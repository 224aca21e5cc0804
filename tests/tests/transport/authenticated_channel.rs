//! What an authenticator makes of an endpoint, a connector or a transport: a channel that leads to its endpoint alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_runtime::{AuthError, AuthErrorKind, Authenticator, AuthenticatorBuilder, Credentials, Verify};
use hyper_util::rt::TokioIo;
use tests::{
    call::{Kind, call, numbered},
    calls::calls_client::{AuthenticatedCallsClient, CallsClient},
    canary::{self, Canary},
    certificates::Certificates,
    harness::{Harness, Server as _},
    http_proxy::HttpProxy,
    peer::{Answer, Peer, bearer},
    transport::{self, LocalTransport},
};
use tokio::net::TcpStream;
use tonic::{
    Code,
    transport::{Certificate, ClientTlsConfig, Endpoint, Uri},
};

/// A name that only the tests' proxies and connectors can resolve.
const ELSEWHERE: &str = "flyte.example.test";

fn answering(number: u64) -> Peer {
    Peer::answering((0..4).map(|_| Answer::message(&numbered(number))))
}

fn bound_to(
    endpoint: &str,
    canary: &Canary,
    change: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder,
) -> Authenticator {
    let builder = Authenticator::builder(endpoint).credentials(Credentials::new(canary.secret()));
    change(builder).build().unwrap()
}

// === connect_with ===

#[tokio::test]
async fn settings_of_tonics_hold_with_a_proxy_and_without() {
    let canary = Canary::new();
    let peer = answering(2);
    let proxy = HttpProxy::open();
    let proxied = format!("http://{ELSEWHERE}:{}", peer.address().port());
    let settings = |endpoint: Endpoint| endpoint.user_agent("ours").unwrap().tcp_nodelay(false);
    for authenticator in [
        bound_to(&peer.endpoint(), &canary, |builder| builder),
        bound_to(&proxied, &canary, |builder| builder.allow_plaintext(true).http_proxy(proxy.url())),
    ] {
        let eager = authenticator.connect_with(settings).await.unwrap();
        let lazy = authenticator.connect_lazy_with(settings).unwrap();
        for channel in [eager, lazy] {
            assert_eq!(call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.numbers(), [2]);
        }
    }
    let requests = peer.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert!(request.header("user-agent").unwrap().starts_with("ours "), "{request:?}");
    }
}

#[tokio::test]
async fn settings_that_lead_to_another_address_are_refused() {
    let canary = Canary::new();
    let peer = answering(2);
    let authenticator = bound_to(&peer.endpoint(), &canary, |builder| builder);
    for elsewhere in ["http://evil.example", "http://127.0.0.1:1", "https://evil.example:443"] {
        let settings = |_endpoint| Endpoint::from_static(elsewhere);
        let outcomes = [authenticator.connect_with(settings).await, authenticator.connect_lazy_with(settings)];
        for outcome in outcomes {
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.setting()), (AuthErrorKind::Configuration, Some("endpoint")), "{error}");
            assert!(error.to_string().contains(elsewhere), "{error}");
        }
    }
    let socket = |_endpoint| Endpoint::from_static("unix:/run/evil.sock");
    assert_eq!(authenticator.connect_lazy_with(socket).unwrap_err().kind(), AuthErrorKind::Configuration);
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn the_origin_is_the_authenticators_whatever_the_settings_say() {
    let canary = Canary::new();
    let peer = answering(2);
    let authenticator = bound_to(&peer.endpoint(), &canary, |builder| builder);
    let settings = |endpoint: Endpoint| endpoint.origin("https://evil.example".parse().unwrap());
    let channel = authenticator.connect_with(settings).await.unwrap();

    assert_eq!(call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.numbers(), [2]);
    assert_eq!(peer.requests()[0].uri.authority().unwrap().as_str(), peer.address().to_string());
}

#[tokio::test]
async fn trust_is_the_authenticators_whatever_the_settings_say() {
    let canary = Canary::new();
    let (server, other) = (Certificates::naming(&["127.0.0.1"]), Certificates::naming(&["127.0.0.1"]));
    let peer = answering(2);
    let endpoint = format!("https://{}", server.in_front_of(peer.address()).await);
    let trusting = |certificates: &Certificates| {
        let pem = std::fs::read(certificates.authority_file()).unwrap();
        move |endpoint: Endpoint| {
            let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)).domain_name("127.0.0.1");
            endpoint.tls_config(tls).unwrap()
        }
    };
    let verifying = |certificates: &Certificates| {
        let file = certificates.authority_file();
        bound_to(&endpoint, &canary, |builder| builder.verify(Verify::CaFile(file)))
    };
    let error = verifying(&other).connect_with(trusting(&server)).await.unwrap_err();
    assert_eq!(error.kind(), AuthErrorKind::Untrusted, "{error}");
    let channel = verifying(&server).connect_with(trusting(&other)).await.unwrap();
    assert_eq!(call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.numbers(), [2]);
}

// === connect_with_connector ===

/// A connector that goes to one address, whatever it is asked for, and where it was asked to go.
#[derive(Clone)]
struct Detour {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Uri>>>,
}

impl tower::Service<Uri> for Detour {
    type Response = TokioIo<TcpStream>;
    type Error = std::io::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        self.asked.lock().unwrap().push(uri);
        let address = self.address;
        Box::pin(async move { TcpStream::connect(address).await.map(TokioIo::new) })
    }
}

#[tokio::test]
async fn a_connector_of_ones_own_is_asked_for_the_endpoint() {
    let canary = Canary::new();
    let peer = answering(2);
    let authenticator = bound_to(&format!("http://{ELSEWHERE}"), &canary, |builder| builder.allow_plaintext(true));
    let detour = Detour { address: peer.address(), asked: Arc::default() };
    let channel = authenticator.connect_with_connector(detour.clone()).await.unwrap();

    assert_eq!(call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.numbers(), [2]);
    assert_eq!(detour.asked.lock().unwrap()[0].authority().unwrap().as_str(), format!("{ELSEWHERE}:80"));
    assert!(peer.requests()[0].bearer().is_some());
    assert_eq!(peer.requests()[0].uri.authority().unwrap().as_str(), ELSEWHERE);
}

#[tokio::test]
async fn over_a_connector_of_ones_own_the_server_still_has_to_prove_who_it_is() {
    let canary = Canary::new();
    let certificates = Certificates::naming(&[ELSEWHERE]);
    let peer = answering(2);
    let address = certificates.in_front_of(peer.address()).await;
    let detour = || Detour { address, asked: Arc::default() };
    let verifying = |endpoint: &str| {
        bound_to(endpoint, &canary, |builder| builder.verify(Verify::CaFile(certificates.authority_file())))
    };
    let error = verifying("https://other.example.test").connect_with_connector(detour()).await.unwrap_err();
    assert_eq!(error.kind(), AuthErrorKind::Untrusted, "{error}");
    assert!(peer.requests().is_empty());

    let channel = verifying(&format!("https://{ELSEWHERE}")).connect_with_connector(detour()).await.unwrap();
    assert_eq!(call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.numbers(), [2]);
}

// === What is beneath and beside ===

#[tokio::test]
async fn clients_over_one_channel_share_its_session() {
    let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(2)));
    let channel = harness.authenticator().over(harness.peer.transport());
    let (ours, plain) = (AuthenticatedCallsClient::new(channel.clone()), CallsClient::new(channel.clone()));
    for kind in Kind::ALL {
        assert_eq!(call(&ours, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(call(&plain, kind).await.numbers(), [2], "{kind:?}");
    }
    assert_eq!(harness.flow.calls(), 1);
    assert_eq!(channel.authenticator().statistics().logins(), ours.authenticator().statistics().logins());
}

#[tokio::test]
async fn what_is_beneath_the_channel_carries_no_credentials_but_the_proxys() {
    let canary = Canary::new();
    for proxied in [false, true] {
        let harness = Harness::answering([Answer::message(&numbered(2))]);
        let mut channel = harness.authenticator().over(harness.peer.transport());
        if proxied {
            let key = |builder: AuthenticatorBuilder| builder.header_key("proxy-authorization");
            channel = channel.with_proxy(bound_to(&harness.peer.endpoint(), &canary, key)).unwrap();
        }
        canary::observe(&channel);
        canary::observe(&channel.anonymous());
        let mut anonymous = CallsClient::new(channel.anonymous());
        assert_eq!(anonymous.unary(numbered(1)).await.unwrap().into_inner(), numbered(2));
        let request = &harness.peer.requests()[0];
        assert_eq!(request.bearer(), None);
        assert_eq!(bearer(&request.headers, "proxy-authorization").is_some(), proxied);
    }
}

#[tokio::test]
async fn a_proxys_credentials_for_another_endpoint_are_refused() {
    let canary = Canary::new();
    let authenticator = bound_to("https://flyte.example.com", &canary, |builder| builder);
    let over = || authenticator.over(LocalTransport::answering([]));
    for same in ["https://flyte.example.com:443", "dns:///Flyte.example.com"] {
        assert!(over().with_proxy(bound_to(same, &canary, |builder| builder)).is_ok(), "{same}");
    }
    for other in ["https://proxy.example.com", "http://flyte.example.com", "https://flyte.example.com:8443"] {
        let error: AuthError = over().with_proxy(bound_to(other, &canary, |builder| builder)).unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::Configuration);
        assert!(error.to_string().contains(other), "{error}");
    }
}

#[tokio::test]
async fn a_transport_that_needs_the_whole_address_of_a_request_gets_the_endpoints() {
    let canary = Canary::new();
    let authenticator = bound_to("https://flyte.example.com:8443", &canary, |builder| builder);
    let transport = LocalTransport::new(|_request| std::future::ready(transport::message(&numbered(2))));
    let channel = authenticator.over(transport.clone());
    assert_eq!(call(&AuthenticatedCallsClient::new(channel.clone()), Kind::Unary).await.numbers(), [2]);
    assert_eq!(transport.requests()[0].uri, Kind::Unary.path());

    let channel = channel.with_origin();
    for kind in Kind::ALL {
        assert_eq!(call(&AuthenticatedCallsClient::new(channel.clone()), kind).await.numbers(), [2], "{kind:?}");
        let expected = format!("https://flyte.example.com:8443{}", kind.path());
        assert_eq!(transport.requests().last().unwrap().uri, expected.as_str(), "{kind:?}");
    }
    CallsClient::new(channel.anonymous()).unary(numbered(1)).await.unwrap();
    assert_eq!(transport.requests().last().unwrap().uri.host(), Some("flyte.example.com"));
    // It does not hide where a request wants to go.
    let evil = CallsClient::with_origin(channel, "https://evil.example".parse().unwrap());
    let sent = transport.requests().len();
    assert_eq!(call(&evil, Kind::Unary).await.code(), Code::Unauthenticated);
    assert_eq!(transport.requests().len(), sent);
}

#[tokio::test]
async fn a_timeout_of_tonics_endpoint_holds_for_an_attempt() {
    let canary = Canary::new();
    let peer = Peer::answering([Answer::new().until_reset()]);
    let authenticator = bound_to(&peer.endpoint(), &canary, |builder| builder);
    let settings = |endpoint: Endpoint| endpoint.timeout(Duration::from_millis(50));
    let channel = authenticator.connect_with(settings).await.unwrap();
    let outcome = call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await;
    assert!(matches!(outcome.code(), Code::Cancelled | Code::DeadlineExceeded), "{outcome:?}");
}

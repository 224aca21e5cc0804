//! `Authenticator::connect` and `connect_lazy`: certificates and proxies for gRPC, from the same settings as OAuth's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{io, net::SocketAddr};

use auth_runtime::{AuthError, AuthErrorKind, AuthenticatedChannel, Authenticator, AuthenticatorBuilder, Verify};
use futures_util::FutureExt as _;
use hyper_util::rt::TokioIo;
use tests::{
    calls::{Message, calls_client::CallsClient},
    canary::{self, Canary},
    certificates::Certificates,
    http_proxy::HttpProxy,
    peer::{Answer, Peer},
    reserved_address::ReservedAddress,
    told::told,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Code, Request,
    service::Routes,
    transport::{Identity, Server, ServerTlsConfig},
};

/// A name that only the tests' proxy can resolve.
const ELSEWHERE: &str = "flyte.example.test";

/// A server over TLS that knows no method.
async fn serve_tls(certificates: &Certificates) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (certificate, key) = certificates.identity();
    let server = Server::builder()
        .tls_config(ServerTlsConfig::new().identity(Identity::from_pem(certificate, key)))
        .unwrap()
        .add_routes(Routes::default());
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    address
}

fn peer() -> Peer {
    Peer::answering([Answer::new().trailers_only(Code::Unimplemented, "no such method")])
}

fn authenticator(endpoint: String, change: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder) -> Authenticator {
    let builder = change(Authenticator::builder(endpoint));
    canary::observe(&builder);
    builder.build().unwrap()
}

async fn connect(
    endpoint: String,
    change: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder,
) -> Result<AuthenticatedChannel, AuthError> {
    let outcome = authenticator(endpoint, change).connect().await;
    match &outcome {
        Ok(channel) => canary::observe(channel),
        Err(error) => canary::observe_error(error),
    }
    outcome
}

/// Whether a gRPC server answers there: only one says UNIMPLEMENTED to a method that nobody knows.
async fn is_answered(channel: AuthenticatedChannel) -> bool {
    let status = CallsClient::new(channel).unary(Request::new(Message::default())).await.unwrap_err();
    status.code() == Code::Unimplemented
}

// === Without a proxy ===

#[tokio::test]
async fn a_server_without_tls_is_reached() {
    let peer = peer();
    let channel = connect(peer.endpoint(), |builder| builder).await.unwrap();
    assert!(is_answered(channel).await);
}

#[tokio::test]
async fn a_server_of_an_authority_of_ones_own_is_reached() {
    let certificates = Certificates::naming(&["127.0.0.1"]);
    let endpoint = format!("https://{}", serve_tls(&certificates).await);
    let verify = || Verify::CaFile(certificates.authority_file());
    let channel = connect(endpoint.clone(), |builder| builder.verify(verify())).await.unwrap();
    assert!(is_answered(channel).await);
    let lazy = authenticator(endpoint, |builder| builder.verify(verify())).connect_lazy().unwrap();
    assert!(is_answered(lazy).await);
}

#[tokio::test]
async fn a_server_whose_certificate_is_not_trusted_is_not_connected_to() {
    let certificates = Certificates::naming(&["other.example.com"]);
    let endpoint = format!("https://{}", serve_tls(&certificates).await);
    let verifications = [Verify::System, Verify::CaFile(certificates.authority_file())];
    for verify in verifications {
        let error = connect(endpoint.clone(), |builder| builder.verify(verify)).await.unwrap_err();
        assert!(error.kind() == AuthErrorKind::Untrusted, "{error:?}");
        assert!(error.to_string().contains(&endpoint), "{error}");
    }
    let channel = connect(endpoint, |builder| builder.verify(Verify::InsecureSkip)).await.unwrap();
    assert!(is_answered(channel).await);
}

#[tokio::test]
async fn an_authority_file_that_cannot_be_used_is_an_error_before_anything_is_contacted() {
    let missing = || Verify::CaFile("/no/such/file.pem".into());
    let error = connect("https://127.0.0.1:1".to_owned(), |builder| builder.verify(missing())).await.unwrap_err();
    assert!(error.setting() == Some("verify"), "{error:?}");
    let lazy = authenticator("https://127.0.0.1:1".to_owned(), |builder| builder.verify(missing())).connect_lazy();
    assert!(lazy.unwrap_err().to_string().contains("/no/such/file.pem"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let closed = ReservedAddress::new();
    let error = connect(format!("http://{closed}"), |builder| builder).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Unavailable, "{error:?}");
    let told = told(&error);
    assert!(told.contains(&closed.to_string()) && told.contains("refused"), "{told}");
}

#[test]
fn a_lazy_connection_outside_of_a_runtime_is_an_error_and_no_panic() {
    let error = authenticator("http://127.0.0.1:1".to_owned(), |builder| builder).connect_lazy().unwrap_err();
    assert!(error.kind() == AuthErrorKind::NoRuntime, "{error:?}");
}

#[test]
fn nor_does_a_connection_that_is_to_be_made_at_once_panic() {
    let authenticator = authenticator("http://127.0.0.1:1".to_owned(), |builder| builder);
    let connector = tower::service_fn(|_: tonic::codegen::http::Uri| async {
        Err::<TokioIo<tokio::io::DuplexStream>, _>(io::Error::other("asked"))
    });
    for outcome in [
        authenticator.connect().now_or_never(),
        authenticator.connect_with(|endpoint| endpoint).now_or_never(),
        authenticator.connect_with_connector(connector).now_or_never(),
    ] {
        let error = outcome.unwrap().unwrap_err();
        assert!(error.kind() == AuthErrorKind::NoRuntime, "{error:?}");
    }
}

// === Through a proxy ===

#[tokio::test]
async fn a_proxy_tunnels_to_a_name_that_only_it_can_resolve() {
    let certificates = Certificates::naming(&[ELSEWHERE]);
    let port = serve_tls(&certificates).await.port();
    let proxy = HttpProxy::open();
    let settings = |builder: AuthenticatorBuilder| {
        builder.verify(Verify::CaFile(certificates.authority_file())).http_proxy(proxy.url())
    };
    let endpoint = format!("https://{ELSEWHERE}:{port}");
    assert!(is_answered(connect(endpoint.clone(), settings).await.unwrap()).await);
    assert!(is_answered(authenticator(endpoint, settings).connect_lazy().unwrap()).await);
    let tunnel = format!("CONNECT {ELSEWHERE}:{port}");
    assert_eq!(proxy.seen(), [tunnel.clone(), tunnel]);
}

#[tokio::test]
async fn a_proxy_tunnels_to_a_server_without_tls_too() {
    let peer = peer();
    let proxy = HttpProxy::open();
    let authority = format!("{ELSEWHERE}:{}", peer.address().port());
    let settings = |builder: AuthenticatorBuilder| builder.allow_plaintext(true).http_proxy(proxy.url());
    assert!(is_answered(connect(format!("http://{authority}"), settings).await.unwrap()).await);
    assert_eq!(proxy.seen(), [format!("CONNECT {authority}")]);
}

#[tokio::test]
async fn a_proxy_gets_user_and_password_and_nobody_else_does() {
    let canary = Canary::new();
    let password = canary.secret();
    let peer = peer();
    let proxy = HttpProxy::guarded("me", &password);
    let endpoint = format!("http://{ELSEWHERE}:{}", peer.address().port());
    let settings = |password: &str| {
        let url = proxy.url_with(&format!("me:{}", password.replace('/', "%2F")));
        |builder: AuthenticatorBuilder| builder.allow_plaintext(true).http_proxy(url)
    };
    assert!(is_answered(connect(endpoint.clone(), settings(&password)).await.unwrap()).await);
    assert_eq!(peer.requests()[0].header("proxy-authorization"), None);

    let error = connect(endpoint, settings(&canary.secret())).await.unwrap_err();
    assert!(told(&error).contains("proxy authorization required"), "{}", told(&error));
}

#[tokio::test]
async fn a_proxy_that_speaks_tls_is_verified_like_everybody_else() {
    let certificates = Certificates::naming(&[ELSEWHERE, "127.0.0.1"]);
    let port = serve_tls(&certificates).await.port();
    let proxy = HttpProxy::over_tls(certificates.acceptor());
    let endpoint = format!("https://{ELSEWHERE}:{port}");
    let verify = Verify::CaFile(certificates.authority_file());
    let channel = connect(endpoint.clone(), |builder| builder.verify(verify).http_proxy(proxy.url())).await.unwrap();
    assert!(is_answered(channel).await);
    let error = connect(endpoint, |builder| builder.http_proxy(proxy.url())).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Untrusted, "{error:?}");
}

#[tokio::test]
async fn a_proxy_elsewhere_is_not_asked_for_this_machine_in_plaintext() {
    let proxied = |builder: AuthenticatorBuilder| builder.http_proxy("http://proxy.example.com:3128");
    let error = connect("http://127.0.0.1:1".to_owned(), proxied).await.unwrap_err();
    assert!(error.setting() == Some("http_proxy"), "{error:?}");
}

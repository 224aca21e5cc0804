//! What Flyte's `AuthMetadataService` says, in each of its versions, and what comes of it when it says nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, Discovery as _, ServerDetails, flow::ClientCredentials,
    flyte::AuthMetadata, limits::Limits,
};
use prost::Message;
use tests::{
    canary::{self, Canary},
    gate::Gate,
    peer::{Answer, Peer},
    token_endpoint::TokenEndpoint,
};
use tonic::{Code, transport::Endpoint};

/// The whole of `flyteidl.service.OAuth2MetadataResponse`.
#[derive(Clone, PartialEq, Message)]
struct OAuth2MetadataResponse {
    #[prost(string, tag = "1")]
    issuer: String,
    #[prost(string, tag = "2")]
    authorization_endpoint: String,
    #[prost(string, tag = "3")]
    token_endpoint: String,
    #[prost(string, repeated, tag = "4")]
    response_types_supported: Vec<String>,
    #[prost(string, repeated, tag = "5")]
    scopes_supported: Vec<String>,
    #[prost(string, repeated, tag = "6")]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[prost(string, tag = "7")]
    jwks_uri: String,
    #[prost(string, repeated, tag = "8")]
    code_challenge_methods_supported: Vec<String>,
    #[prost(string, repeated, tag = "9")]
    grant_types_supported: Vec<String>,
    #[prost(string, tag = "10")]
    device_authorization_endpoint: String,
}

/// The whole of `flyteidl2.auth.GetPublicClientConfigResponse`, which has one field more than version 1's.
#[derive(Clone, PartialEq, Message)]
struct PublicClientConfigResponse {
    #[prost(string, tag = "1")]
    client_id: String,
    #[prost(string, tag = "2")]
    redirect_uri: String,
    #[prost(string, repeated, tag = "3")]
    scopes: Vec<String>,
    #[prost(string, tag = "4")]
    authorization_metadata_key: String,
    #[prost(string, tag = "5")]
    service_http_endpoint: String,
    #[prost(string, tag = "6")]
    audience: String,
    #[prost(string, tag = "7")]
    dataplane_domain: String,
}

fn metadata() -> OAuth2MetadataResponse {
    let list = |text: &str| vec![text.to_owned()];
    OAuth2MetadataResponse {
        issuer: "https://flyte".to_owned(),
        authorization_endpoint: "https://flyte/oauth2/authorize".to_owned(),
        token_endpoint: "https://flyte/oauth2/token".to_owned(),
        response_types_supported: list("code"),
        scopes_supported: list("everything"),
        token_endpoint_auth_methods_supported: list("client_secret_basic"),
        jwks_uri: "https://flyte/oauth2/jwks".to_owned(),
        code_challenge_methods_supported: list("S256"),
        grant_types_supported: list("client_credentials"),
        device_authorization_endpoint: "https://flyte/oauth2/device".to_owned(),
    }
}

fn config() -> PublicClientConfigResponse {
    PublicClientConfigResponse {
        client_id: "flytectl".to_owned(),
        redirect_uri: "http://localhost:53593/callback".to_owned(),
        scopes: vec!["all".to_owned(), "offline".to_owned()],
        authorization_metadata_key: "flyte-authorization".to_owned(),
        service_http_endpoint: "https://flyte".to_owned(),
        audience: "https://flyte/audience".to_owned(),
        dataplane_domain: "data.flyte".to_owned(),
    }
}

/// Everything that both answers say.
fn all_details() -> ServerDetails {
    config_details()
        .with_issuer("https://flyte")
        .with_token_endpoint("https://flyte/oauth2/token")
        .with_authorization_endpoint("https://flyte/oauth2/authorize")
        .with_device_authorization_endpoint("https://flyte/oauth2/device")
}

fn config_details() -> ServerDetails {
    ServerDetails::new()
        .with_client_id("flytectl")
        .with_redirect_uri("http://localhost:53593/callback")
        .with_scopes(["all", "offline"])
        .with_audience("https://flyte/audience")
        .with_header_key("flyte-authorization")
}

const V1: &str = "/flyteidl.service.AuthMetadataService/";
const V2: &str = "/flyteidl2.auth.AuthMetadataService/";
const METADATA: &str = "GetOAuth2Metadata";
const CONFIG: &str = "GetPublicClientConfig";

fn unimplemented() -> Answer {
    Answer::new().trailers_only(Code::Unimplemented, "unknown service")
}

/// A server that answers each path as `answer` says.
fn server(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Peer {
    Peer::start(move |exchange| {
        let answer = answer(exchange.record().path());
        exchange.run(answer)
    })
}

/// A server with one version of the service.
fn server_of(version: &'static str) -> Peer {
    server(move |path| match path.strip_prefix(version) {
        Some(METADATA) => Answer::message(&metadata()),
        Some(CONFIG) => Answer::message(&config()),
        _ => unimplemented(),
    })
}

async fn discover(peer: &Peer) -> Result<ServerDetails, AuthError> {
    let channel = Endpoint::from_shared(peer.endpoint()).unwrap().connect_lazy();
    let outcome = AuthMetadata::new(channel).discover().await;
    for request in peer.requests() {
        assert_eq!(request.bearer(), None, "discovery goes out without credentials");
    }
    outcome
}

#[tokio::test]
async fn both_versions_of_the_service_are_read_by_the_same_field_numbers() {
    for version in [V1, V2] {
        assert_eq!(discover(&server_of(version)).await.unwrap(), all_details(), "{version}");
    }
}

#[tokio::test]
async fn version_two_is_not_asked_where_version_one_responds() {
    let peer = server_of(V1);
    discover(&peer).await.unwrap();
    assert_eq!(peer.requests().len(), 2);
}

#[tokio::test]
async fn a_server_without_the_service_wants_no_login_and_that_is_no_error() {
    assert_eq!(discover(&server(|_| unimplemented())).await.unwrap(), ServerDetails::without_authentication());
}

#[tokio::test]
async fn a_client_configuration_without_oauth_metadata_is_enough() {
    let peer = server(|path| match path.strip_prefix(V2) {
        Some(CONFIG) => Answer::message(&config()),
        _ => unimplemented(),
    });
    assert_eq!(discover(&peer).await.unwrap(), config_details());
}

#[tokio::test]
async fn empty_texts_say_nothing() {
    let peer = server(|path| match path.strip_prefix(V1) {
        Some(METADATA) => Answer::message(&OAuth2MetadataResponse::default()),
        _ => Answer::message(&PublicClientConfigResponse { scopes: vec![String::new()], ..Default::default() }),
    });
    assert_eq!(discover(&peer).await.unwrap(), ServerDetails::default());
}

#[tokio::test]
async fn both_methods_are_asked_at_the_same_time() {
    let gate = Gate::new();
    let peer = server({
        let gate = gate.clone();
        move |path| match path.strip_prefix(V1) {
            Some(METADATA) => Answer::new().pass(&gate).and_then(Answer::message(&metadata())),
            _ => Answer::new().pass(&gate).and_then(Answer::message(&config())),
        }
    });
    let (outcome, ()) = tokio::join!(discover(&peer), async {
        gate.arrived(2).await;
        gate.open();
    });
    assert_eq!(outcome.unwrap(), all_details());
}

#[tokio::test]
async fn a_go_server_that_responds_404_for_version_one_is_asked_for_version_two() {
    let peer = server(|path| match path.strip_prefix(V2) {
        Some(METADATA) => Answer::message(&metadata()),
        Some(CONFIG) => Answer::message(&config()),
        _ => Answer::http(404, "text/plain; charset=utf-8", "404 page not found\n"),
    });
    assert_eq!(discover(&peer).await.unwrap(), all_details());
}

#[tokio::test]
async fn a_page_in_place_of_a_response_is_an_error_that_says_so() {
    for (status, transient) in [(200, false), (302, false), (401, false), (403, false), (404, false), (503, true)] {
        let peer = server(move |_| Answer::http(status, "text/html", "<html>please log in</html>"));
        let error = discover(&peer).await.unwrap_err();
        canary::observe_error(&error);
        assert_eq!(error.is_transient(), transient, "{error}");
        let text = tests::told::told(&error);
        assert!(text.contains(&status.to_string()) && text.contains("text/html"), "{text}");
        assert!(text.contains("is a proxy or login page in front of the server?"), "{text}");
        assert!(!text.contains("please log in"), "{text}");
    }
}

#[tokio::test]
async fn a_status_that_may_pass_is_transient_and_others_are_not() {
    for (code, transient) in [(Code::Unavailable, true), (Code::Unknown, true), (Code::PermissionDenied, false)] {
        let peer = server(move |_| Answer::new().trailers_only(code, "for a reason"));
        let error = discover(&peer).await.unwrap_err();
        assert_eq!(error.is_transient(), transient, "{error}");
        let told = tests::told::told(&error);
        assert!(told.contains("for a reason"), "{error:?}");
        assert!(!told.contains("message: "), "it shows what a program sees: {told}");
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_says_itself_why_and_whether_that_passes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    // A web server.
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let channel = Authenticator::builder(endpoint).build().unwrap().connect_lazy().unwrap();
    let error = AuthMetadata::new(channel).discover().await.unwrap_err();
    let told = tests::told::told(&error);
    assert_eq!(error.kind(), AuthErrorKind::Unreachable, "{error:?}");
    assert!(told.contains("speaks HTTP/1.1 and not HTTP/2"), "{told}");
    assert!(!told.contains("for the moment") && !told.contains("message: "), "{told}");
}

#[tokio::test]
async fn a_response_that_is_no_message_is_an_error() {
    let peer = server(|_| Answer::new().headers().data(&b"\0\0\0\0\x02\xff\xff"[..]).status(Code::Ok));
    let error = discover(&peer).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::InvalidResponse, "{error:?}");
}

#[tokio::test]
async fn status_details_that_are_no_base64_are_no_panic() {
    let details = ("grpc-status-details-bin", "!");
    let early = Answer::new().trailers_only_with(Code::PermissionDenied, "no", &[details]);
    let late = Answer::new().headers().trailers(&[("grpc-status", "7"), details]);
    for answer in [early, late] {
        let peer = server(move |_| answer.clone());
        assert!(discover(&peer).await.unwrap_err().to_string().contains("PERMISSION_DENIED"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_responds_is_given_up() {
    use tests::transport::LocalTransport;
    let transport = LocalTransport::new(|_| std::future::pending());
    let started = tokio::time::Instant::now();
    let error = AuthMetadata::new(transport).discover().await.unwrap_err();
    assert!(error.timeout() == Some(Limits::new().discovery_timeout()), "{error:?}");
    assert_eq!(started.elapsed().as_secs(), Limits::new().discovery_timeout().as_secs());
}

#[tokio::test]
async fn discovery_is_asked_once_and_its_failure_is_not_kept() {
    let canary = Arc::new(Canary::new());
    let secret = canary.secret();
    let endpoint = TokenEndpoint::issuing("client", &secret, 3600, {
        let canary = canary.clone();
        move || canary.secret()
    });
    let failures = Arc::new(Mutex::new(2));
    let token_endpoint = endpoint.url();
    let peer = server(move |path| {
        let mut failures = failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Answer::new().trailers_only(Code::Unavailable, "starting");
        }
        match path.strip_prefix(V1) {
            Some(METADATA) => {
                Answer::message(&OAuth2MetadataResponse { token_endpoint: token_endpoint.clone(), ..metadata() })
            }
            _ => Answer::message(&config()),
        }
    });
    let channel = Endpoint::from_shared(peer.endpoint()).unwrap().connect_lazy();
    let authenticator = Authenticator::builder(peer.endpoint())
        .discovery(AuthMetadata::new(channel))
        .flow(ClientCredentials::new("client", secret))
        .build()
        .unwrap();

    assert!(authenticator.login().await.unwrap_err().is_transient());
    for _ in 0..5 {
        authenticator.refresh_credentials().await.unwrap();
    }
    assert_eq!(peer.requests().len(), 4, "two that failed, two that did not");
    assert_eq!(endpoint.requests().len(), 5);
    let request = &endpoint.requests()[0];
    assert_eq!(request.field("scope"), Some("all offline"));
    assert_eq!(request.field("audience"), Some("https://flyte/audience"));
    let (key, _) = authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    assert_eq!(key, "flyte-authorization");
}

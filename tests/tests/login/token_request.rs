//! What is sent to a token endpoint (RFC 6749 sections 2.3, 2.3.1 and 4.4).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, Credentials, Discovery, ServerDetails,
    flow::{ClientAuthentication, ClientCredentials},
};
use tests::{
    canary::{self, Canary},
    token_endpoint::{TokenEndpoint, TokenRequest},
};
use url::form_urlencoded;

/// The largest client secret that is read from a file.
const MAX_SECRET_BYTES: usize = 64 * 1024;

/// Each character is one that some encoding treats in its own way.
const STRANGE: &str = ": % + space é & = / \" \\ ~";

fn endpoint(canary: &Arc<Canary>, id: &str, secret: &str) -> TokenEndpoint {
    let canary = canary.clone();
    TokenEndpoint::issuing(id, secret, 3600, move || canary.secret())
}

async fn login(flow: ClientCredentials) -> Result<Credentials, AuthError> {
    canary::observe(&flow);
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    canary::observe(&authenticator);
    let outcome = authenticator.login().await;
    if let Err(error) = &outcome {
        canary::observe_error(error);
    }
    outcome
}

/// What the server says, without asking it.
struct Published(ServerDetails);

impl Discovery for Published {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        Ok(self.0.clone())
    }
}

fn published(endpoint: &TokenEndpoint) -> ServerDetails {
    ServerDetails::new()
        .with_token_endpoint(endpoint.url())
        .with_scopes(["all", "", "offline"])
        .with_audience("https://flyte.example.com")
}

/// The request of a login for which the server says what it says.
async fn request_with(change: impl FnOnce(ClientCredentials) -> ClientCredentials) -> TokenRequest {
    let canary = Arc::new(Canary::new());
    let secret = canary.secret();
    let endpoint = endpoint(&canary, "client", &secret);
    // On this machine, as the provider that it names.
    let authenticator = Authenticator::builder("https://127.0.0.1:8443")
        .discovery(Published(published(&endpoint)))
        .flow(change(ClientCredentials::new("client", secret)))
        .build()
        .unwrap();
    authenticator.login().await.unwrap();
    endpoint.only_request()
}

// === Client authentication ===

#[tokio::test]
async fn basic_carries_id_and_secret_form_encoded() {
    let canary = Arc::new(Canary::new());
    let secret = format!("{}{STRANGE}", canary.secret());
    let id = format!("client{STRANGE}");
    let endpoint = endpoint(&canary, &id, &secret);
    login(ClientCredentials::new(&id, &secret).token_url(endpoint.url())).await.unwrap();

    let request = endpoint.only_request();
    let (sent_id, sent_secret) = request.basic().unwrap();
    assert_eq!(sent_id, "client%3A%20%25%20%2B%20space%20%C3%A9%20%26%20%3D%20%2F%20%22%20%5C%20%7E");
    assert!(sent_secret.ends_with("%3A%20%25%20%2B%20space%20%C3%A9%20%26%20%3D%20%2F%20%22%20%5C%20%7E"));
    assert_eq!(request.fields(), ["grant_type"]);
}

/// Decoders of forms take `+` for a space, and decoders of URLs do not: `%20` is one to both.
#[tokio::test]
async fn what_basic_carries_is_the_same_to_decoders_of_forms_and_of_urls() {
    for secret in ["with a space", "1+1=2", "%20 and %2B", " ", "base64+/=="] {
        let endpoint = endpoint(&Arc::new(Canary::new()), "a client", secret);
        login(ClientCredentials::new("a client", secret).token_url(endpoint.url())).await.unwrap();
        let (id, sent) = endpoint.only_request().basic().unwrap();
        assert!(!id.contains('+') && !sent.contains('+'), "{id}:{sent}");
        let by_forms = |text: &str| form_urlencoded::parse(text.as_bytes()).next().unwrap().0.into_owned();
        let by_urls = |text: &str| by_forms(&text.replace('+', "%2B"));
        assert_eq!((by_urls(&id), by_urls(&sent)), ("a client".to_owned(), secret.to_owned()));
        assert_eq!((by_forms(&id), by_forms(&sent)), ("a client".to_owned(), secret.to_owned()));
    }
}

#[tokio::test]
async fn the_request_body_can_carry_id_and_secret_instead() {
    let canary = Arc::new(Canary::new());
    let secret = format!("{}{STRANGE}", canary.secret());
    let endpoint = endpoint(&canary, STRANGE, &secret);
    let flow = ClientCredentials::new(STRANGE, &secret)
        .token_url(endpoint.url())
        .client_authentication(ClientAuthentication::RequestBody);
    login(flow).await.unwrap();

    let request = endpoint.only_request();
    assert!(!request.headers.contains_key("authorization"));
    assert_eq!(request.fields(), ["client_id", "client_secret", "grant_type"]);
}

#[tokio::test]
async fn basic_can_carry_id_and_secret_as_they_are() {
    let canary = Arc::new(Canary::new());
    let secret = format!("{}{STRANGE}", canary.secret());
    // Its grant check decodes, so only the request is looked at.
    let endpoint = endpoint(&canary, "client %", &secret);
    let flow = ClientCredentials::new("client %", &secret)
        .token_url(endpoint.url())
        .client_authentication(ClientAuthentication::BasicUnencoded);
    let _ = login(flow).await;

    let request = endpoint.only_request();
    assert_eq!(request.basic(), Some(("client %".to_owned(), secret)));
    assert_eq!(request.headers.get_all("authorization").iter().count(), 1);
    assert_eq!(request.fields(), ["grant_type"]);
}

#[tokio::test]
async fn an_id_with_a_colon_is_refused_where_basic_is_unencoded() {
    let canary = Arc::new(Canary::new());
    let endpoint = endpoint(&canary, "a:b", "secret");
    let flow = ClientCredentials::new("a:b", canary.secret())
        .token_url(endpoint.url())
        .client_authentication(ClientAuthentication::BasicUnencoded);
    let error = login(flow).await.unwrap_err();
    assert!(error.setting() == Some("client_id"), "{error}");
    assert!(endpoint.requests().is_empty());
}

#[tokio::test]
async fn a_request_says_who_asks_and_what_it_understands() {
    let request = request_with(|flow| flow).await;
    assert_eq!(request.method, "POST");
    assert_eq!(request.target, "/token");
    assert_eq!(request.headers["accept"], "application/json");
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    assert!(request.headers["user-agent"].to_str().unwrap().starts_with("auth-runtime/"));
}

// === Scopes and audience ===

#[tokio::test]
async fn scopes_and_audience_come_from_the_server() {
    let request = request_with(|flow| flow).await;
    assert_eq!(request.field("scope"), Some("all offline"));
    assert_eq!(request.field("audience"), Some("https://flyte.example.com"));
}

#[tokio::test]
async fn own_scopes_and_audience_win_over_the_servers() {
    let request = request_with(|flow| flow.scopes(["read", "", "write"]).audience("mine")).await;
    assert_eq!(request.field("scope"), Some("read write"));
    assert_eq!(request.field("audience"), Some("mine"));
}

#[tokio::test]
async fn the_servers_audience_can_be_left_out() {
    let request = request_with(|flow| flow.use_audience_from_server(false)).await;
    assert_eq!(request.fields(), ["grant_type", "scope"]);
    let request = request_with(|flow| flow.use_audience_from_server(false).audience("mine")).await;
    assert_eq!(request.field("audience"), Some("mine"));
}

#[tokio::test]
async fn empty_scopes_and_audience_are_not_sent() {
    let no_scopes: [&str; 0] = [];
    let request = request_with(|flow| flow.scopes(no_scopes).use_audience_from_server(false)).await;
    assert_eq!(request.fields(), ["grant_type"]);
    let request = request_with(|flow| flow.scopes([""]).audience("").use_audience_from_server(false)).await;
    assert_eq!(request.fields(), ["grant_type"]);
}

#[tokio::test]
async fn without_any_token_endpoint_the_error_says_what_to_set() {
    let error = login(ClientCredentials::new("client", "secret")).await.unwrap_err();
    assert!(error.setting() == Some("token_url"), "{error}");
    assert!(error.to_string().contains(".token_url(..)"), "{error}");
}

// === Where the secret comes from ===

#[tokio::test]
async fn a_secret_file_is_read_at_each_login_so_that_a_new_secret_heals_without_a_restart() {
    let canary = Arc::new(Canary::new());
    let secret = canary.secret();
    let endpoint = endpoint(&canary, "client", &secret);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("client_secret");
    std::fs::write(&path, format!("{}\n", canary.secret())).unwrap();
    let flow = ClientCredentials::secret_from_file("client", &path).token_url(endpoint.url());
    let authenticator =
        Authenticator::builder("https://flyte.example.com").flow(flow).login_first(true).build().unwrap();

    // A permanent refusal, and calls do not ask again and again.
    for _ in 0..100 {
        let error = authenticator.fetch_grpc_call_auth_metadata().await.unwrap_err();
        assert!(error.oauth_error() == Some("invalid_client"), "{error:?}");
        assert!(!error.is_transient());
        canary::observe_error(&error);
    }
    assert_eq!(endpoint.requests().len(), 1);

    // As flytekit and flytectl read it.
    for around in ["{}\r\n", "  {} \n", "\n\t{}"] {
        std::fs::write(&path, around.replace("{}", &secret)).unwrap();
        authenticator.login().await.unwrap();
    }
    assert!(authenticator.fetch_grpc_call_auth_metadata().await.unwrap().is_some());
}

#[tokio::test]
async fn a_secret_can_come_from_the_environment() {
    // A variable that every environment has: tests cannot set one.
    let secret = std::env::var("PATH").unwrap();
    let canary = Arc::new(Canary::new());
    let endpoint = endpoint(&canary, "client", &secret);
    login(ClientCredentials::secret_from_env("client", "PATH").token_url(endpoint.url())).await.unwrap();
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_an_error_that_names_its_place() {
    let canary = Arc::new(Canary::new());
    let endpoint = endpoint(&canary, "client", "secret");
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        ClientCredentials::secret_from_file("client", path)
    };
    let beyond = vec![b'x'; MAX_SECRET_BYTES + 1];
    let cases = [
        (ClientCredentials::secret_from_env("client", "NO_SUCH_VARIABLE_HERE"), "NO_SUCH_VARIABLE_HERE is not set"),
        (ClientCredentials::secret_from_file("client", directory.path().join("missing")), "missing cannot be read"),
        (ClientCredentials::secret_from_file("client", directory.path()), "cannot be read"),
        (file("empty", b""), "empty is empty"),
        (file("blank", b"\n\r\n"), "blank is empty"),
        (file("binary", b"\xff\xfe"), "binary is not UTF-8"),
        (file("large", &beyond), "large has more than"),
        (ClientCredentials::new("client", ""), "is empty"),
    ];
    for (flow, words) in cases {
        let error = login(flow.token_url(endpoint.url())).await.unwrap_err();
        assert!(error.setting() == Some("client secret"), "{error}");
        assert!(error.to_string().contains(words), "`{error}` should say `{words}`");
    }
    let most = file("full", &[b'x'; MAX_SECRET_BYTES]).token_url(endpoint.url());
    let refused = login(most).await.unwrap_err();
    assert!(refused.kind() == AuthErrorKind::Rejected, "as many bytes as may be are sent: {refused}");
    let error = login(ClientCredentials::new("", "secret").token_url(endpoint.url())).await.unwrap_err();
    assert!(error.setting() == Some("client_id"), "{error}");
    assert_eq!(endpoint.requests().len(), 1, "the one that could be read");
}

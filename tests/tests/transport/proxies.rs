//! Which proxy a connection takes, and what holds on the way to it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{env, net::IpAddr};

use auth_runtime::{AuthErrorKind, Authenticator, Credentials, Verify, flow::ClientCredentials};
use tests::{
    call::{Kind, call, numbered},
    calls::calls_client::AuthenticatedCallsClient,
    canary::Canary,
    certificates::Certificates,
    guard::within_reason,
    http_proxy::HttpProxy,
    peer::{Answer, Peer},
    process::alone,
    relay::Relay,
    token_endpoint::TokenEndpoint,
};
use tonic::{Code, transport::Endpoint};

/// A name that only the tests' proxy can resolve.
const ELSEWHERE: &str = "flyte.example.test";

fn answering() -> Peer {
    Peer::start(|exchange| exchange.run(Answer::message(&numbered(2))))
}

// === The environment ===

/// A client in a process of its own, with another environment. What it does it prints.
#[tokio::test]
async fn with_another_environment() {
    let Ok(endpoint) = env::var("TEST_ENDPOINT") else { return };
    let (token_url, authority) = (env::var("TEST_TOKEN_URL").unwrap(), env::var_os("TEST_AUTHORITY").unwrap());
    let authenticator = Authenticator::builder(&endpoint)
        .flow(ClientCredentials::new("me", env::var("TEST_SECRET").unwrap()).token_url(&token_url))
        .verify(Verify::CaFile(authority.into()))
        .allow_plaintext(true)
        .login_first(true)
        .build()
        .unwrap();
    println!("grpc: {}", authenticator.proxy_for(&endpoint).unwrap());
    println!("oauth: {}", authenticator.proxy_for(&token_url).unwrap());
    let channel = authenticator.connect_lazy().unwrap();
    let login = authenticator.login().await.map(drop).map_err(|error| error.kind());
    println!("login: {login:?}");
    println!("call: {:?}", call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.code());
}

/// A server and a provider that only a proxy can find.
struct World {
    canary: Canary,
    certificates: Certificates,
    peer: Peer,
    provider: TokenEndpoint,
    secret: String,
    proxy: HttpProxy,
}

impl World {
    fn new() -> Self {
        let canary = Canary::new();
        let (certificates, secret, token) = (Certificates::naming(&[ELSEWHERE]), canary.secret(), canary.secret());
        let provider = TokenEndpoint::issuing_over_tls(&certificates, "me", &secret, 600, move || token.clone());
        Self { canary, certificates, peer: answering(), provider, secret, proxy: HttpProxy::open() }
    }

    /// What a client says in an environment with these variables, and none else that is about proxies.
    async fn said(&self, scheme: &str, variables: &[(&str, &str)]) -> String {
        let address = match scheme {
            "https" => self.certificates.in_front_of(self.peer.address()).await,
            _ => self.peer.address(),
        };
        let mut client = alone(module_path!(), "with_another_environment");
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY"] {
            client.env_remove(name);
        }
        client
            .env_remove("no_proxy")
            .env("TEST_ENDPOINT", format!("{scheme}://{ELSEWHERE}:{}", address.port()))
            .env("TEST_TOKEN_URL", self.provider.url_as(ELSEWHERE))
            .env("TEST_AUTHORITY", self.certificates.authority_file())
            .env("TEST_SECRET", &self.secret)
            .envs(variables.iter().copied());
        let output = within_reason("a process", client.output()).await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        self.canary.check();
        said
    }
}

#[tokio::test]
async fn grpc_and_oauth_take_the_same_proxy_from_the_environment() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let world = World::new();
        let said = world.said("https", &[(name, &world.proxy.url())]).await;
        let proxy = format!("{} ({name})", world.proxy.url());
        for line in [format!("grpc: {proxy}"), format!("oauth: {proxy}"), "login: Ok(())".into(), "call: Ok".into()] {
            assert!(said.contains(&line), "{name}: {line} is not in {said}");
        }
        let seen = world.proxy.seen();
        assert!(seen.len() == 2 && seen.iter().all(|request| request.starts_with("CONNECT")), "{name}: {seen:?}");
        assert_eq!((world.peer.requests().len(), world.provider.requests().len()), (1, 1));
    }
}

#[tokio::test]
async fn neither_takes_one_for_a_host_that_is_excluded() {
    let world = World::new();
    let port_of_another = format!("{ELSEWHERE}:1,.example.test");
    for excluding in ["*", "example.test", ".example.test", &port_of_another] {
        let said = world.said("https", &[("HTTPS_PROXY", &world.proxy.url()), ("NO_PROXY", excluding)]).await;
        let entry = excluding.rsplit(',').next().unwrap();
        for who in ["grpc", "oauth"] {
            assert!(said.contains(&format!("{who}: none (NO_PROXY has `{entry}`)")), "{said}");
        }
        // Without the proxy nobody knows the name.
        assert!(!said.contains("login: Ok") && !said.contains("call: Ok"), "{said}");
        assert!(world.proxy.seen().is_empty(), "{excluding}");
    }
}

#[tokio::test]
async fn a_call_in_plaintext_takes_none_from_the_environment() {
    let world = World::new();
    let proxy = world.proxy.url();
    let variables = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, proxy.as_str()));
    let said = world.said("http", &variables).await;
    assert!(said.contains("grpc: none (without TLS, no proxy is taken from the environment)"), "{said}");
    assert!(said.contains("login: Ok(())"), "{said}");
    assert!(world.peer.requests().is_empty());
    assert_eq!(world.proxy.seen().len(), 1, "only the login's: {:?}", world.proxy.seen());
}

#[tokio::test]
async fn a_proxy_of_the_environment_that_cannot_be_used_is_named_by_its_variable() {
    let authenticator = |proxy: &str| Authenticator::builder("https://flyte.example.test").http_proxy(proxy).build();
    let error = authenticator("socks5://proxy.example.test").unwrap().connect_lazy().unwrap_err();
    assert_eq!((error.kind(), error.setting()), (AuthErrorKind::Configuration, Some("http_proxy")));
    let choice = authenticator("me:secret@proxy.example.test:3128").unwrap().proxy_for("https://flyte.example.test");
    let choice = choice.unwrap();
    assert_eq!(choice.url().as_deref(), Some("http://proxy.example.test:3128"));
    assert_eq!(
        (choice.to_string().as_str(), choice.reason()),
        ("http://proxy.example.test:3128 (http_proxy)", "http_proxy")
    );
    assert!(!format!("{choice:?}").contains("secret"));
}

// === On the way ===

#[tokio::test]
async fn a_connection_comes_from_the_address_that_was_set_with_a_proxy_and_without() {
    let canary = Canary::new();
    let peer = answering();
    let from: IpAddr = "127.0.0.2".parse().unwrap();
    let proxy = HttpProxy::open();
    let proxy_address = proxy.url().trim_start_matches("http://").parse().unwrap();
    let (to_peer, to_proxy) = (Relay::to(peer.address()).await, Relay::to(proxy_address).await);
    let authenticator = |endpoint: String| {
        let builder = Authenticator::builder(endpoint).credentials(Credentials::new(canary.secret()));
        builder.local_address(from).allow_plaintext(true)
    };
    let direct = authenticator(format!("http://{}", to_peer.address()));
    let proxied = authenticator(format!("http://{ELSEWHERE}:{}", peer.address().port()))
        .http_proxy(format!("http://{}", to_proxy.address()));
    for builder in [direct, proxied] {
        let channel = builder.build().unwrap().connect().await.unwrap();
        assert_eq!(call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.code(), Code::Ok);
    }
    assert_eq!((to_peer.clients(), to_proxy.clients()), (vec![from], vec![from]));
}

#[tokio::test]
async fn what_a_server_says_at_once_is_not_lost_with_the_proxys_answer() {
    // A proxy may send the server's first bytes together with its own answer.
    let canary = Canary::new();
    let peer = answering();
    let proxy = HttpProxy::answering_with_the_server();
    let endpoint = format!("http://{ELSEWHERE}:{}", peer.address().port());
    let builder = Authenticator::builder(endpoint).credentials(Credentials::new(canary.secret()));
    let authenticator = builder.allow_plaintext(true).http_proxy(proxy.url()).build().unwrap();
    let channel = authenticator.connect_with(|endpoint: Endpoint| endpoint.tcp_nodelay(true)).await.unwrap();
    assert_eq!(call(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.numbers(), [2]);
}

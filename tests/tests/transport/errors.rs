//! What a connection that cannot be made says: to `connect()`, to a call over a channel that connects when it is needed,
//! and in `docs/errors.md`, which has each of these messages and no other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{any::Any, net::SocketAddr, time::Duration};

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, AuthenticatorBuilder, ClientIdentity, Verify, flow::ClientCredentials,
    limits::Limits,
};
use tests::{
    calls::{Message, calls_client::CallsClient},
    canary,
    certificates::Certificates,
    error_page,
    http_proxy::HttpProxy,
    http1::Listener,
    peer::Peer,
    reserved_address::ReservedAddress,
    told::told,
    transport::LocalTransport,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::{Code, transport::Endpoint};

use AuthErrorKind::{Configuration, Unavailable, Unreachable, Untrusted};

/// A connection that cannot be made, and what keeps it from being made.
struct Failing {
    authenticator: Authenticator,
    kind: AuthErrorKind,
    /// What the message has to name.
    names: Vec<String>,
    /// Servers that end with their drop.
    _servers: Vec<Box<dyn Any>>,
}

impl Failing {
    fn new(kind: AuthErrorKind, builder: AuthenticatorBuilder) -> Self {
        let authenticator = builder.build().unwrap();
        let names = vec![authenticator.endpoint()];
        Self { authenticator, kind, names, _servers: Vec::new() }
    }

    fn naming(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    fn beside(mut self, server: impl Any) -> Self {
        self._servers.push(Box::new(server));
        self
    }

    /// Tries both ways to connect, and returns what both say.
    async fn message(self) -> String {
        let error = self.authenticator.connect().await.unwrap_err();
        let message = told(&error);
        assert_eq!(error.kind(), self.kind, "{message}");
        assert_eq!(error.is_transient(), self.kind == Unavailable, "{message}");
        for name in &self.names {
            assert!(message.contains(name), "{name} is not named: {message}");
        }
        canary::observe_error(&error);

        let lazy = self.authenticator.connect_lazy().unwrap();
        let status = CallsClient::new(lazy).unary(Message::default()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        assert_eq!(without_the_time(status.message()), without_the_time(&message));
        let behind = AuthError::from(status);
        assert_eq!(behind.is_transient(), self.kind == Unavailable, "{behind:?}");
        message
    }
}

/// A message without what the clock of this machine said.
fn without_the_time(message: &str) -> &str {
    message.strip_suffix(" GMT)").and_then(|rest| rest.rsplit_once(" (")).map_or(message, |(rest, _)| rest)
}

fn over(scheme: &str, address: SocketAddr) -> AuthenticatorBuilder {
    Authenticator::builder(format!("{scheme}://{address}"))
}

fn trusting(certificates: &Certificates, address: SocketAddr) -> AuthenticatorBuilder {
    over("https", address).verify(Verify::CaPem(std::fs::read(certificates.authority_file()).unwrap()))
}

/// A server that reads what comes first, says its own, and is gone.
fn saying(answer: &'static [u8]) -> Listener {
    Listener::start(None, move |mut stream| async move {
        let mut heard = [0; 24];
        stream.read_exact(&mut heard).await?;
        stream.write_all(answer).await?;
        // What is unread when a connection is closed makes the close a reset, which may overtake the answer.
        stream.shutdown().await?;
        while stream.read(&mut heard).await? > 0 {}
        Ok(())
    })
}

fn silent() -> Listener {
    Listener::start(None, |mut stream| async move {
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.map(drop)
    })
}

/// A name that no name server is asked for: none can have a part of this length.
fn unknown_name() -> String {
    format!("{}.example.test", "x".repeat(64))
}

const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
const HANDSHAKE_FAILURE: &[u8] = &[0x15, 3, 3, 0, 2, 2, 0x28];
const PROTOCOL_VERSION: &[u8] = &[0x15, 3, 1, 0, 2, 2, 0x46];

// === Each way to fail ===

async fn down() -> Vec<Failing> {
    let (closing, silent) = (saying(b""), silent());
    let (nobody, no_tls) = (ReservedAddress::new(), ReservedAddress::new());
    let impatient = || Limits::new().with_connect_timeout(Duration::from_millis(100));
    vec![
        Failing::new(Unavailable, over("http", nobody.get())).naming("refused").beside(nobody),
        Failing::new(Unavailable, over("https", no_tls.get())).naming("refused").beside(no_tls),
        Failing::new(Unavailable, over("http", closing.address())).naming("does http:// or https://").beside(closing),
        Failing::new(Unavailable, over("http", silent.address()).limits(impatient()))
            .naming("nothing came within 100ms"),
        Failing::new(Unavailable, over("https", silent.address()).limits(impatient())).beside(silent),
    ]
}

async fn mixed_up() -> Vec<Failing> {
    let certificates = Certificates::naming(&["127.0.0.1"]);
    let (peer, web) = (Peer::answering([]), saying(BAD_REQUEST));
    let tls = certificates.in_front_of(peer.address()).await;
    let (alert, other) = (saying(HANDSHAKE_FAILURE), saying(b"220 mail.example.test ESMTP\r\n"));
    vec![
        Failing::new(Unreachable, over("http", tls)).naming("write https://"),
        Failing::new(Unreachable, over("http", alert.address())).naming("write https://").beside(alert),
        Failing::new(Unreachable, over("http", web.address())).naming("HTTP/1.1"),
        Failing::new(Unreachable, over("http", other.address())).naming("HTTP/2"),
        Failing::new(Unreachable, over("https", peer.address())).naming("write http://").beside(peer),
        Failing::new(Unreachable, over("https", web.address())).naming("write http://").beside(web),
        Failing::new(Unreachable, over("https", other.address())).naming("write http://").beside(other),
    ]
}

async fn no_http2() -> Vec<Failing> {
    let certificates = Certificates::naming(&["127.0.0.1"]);
    let peer = Peer::answering([]);
    let without_alpn = certificates.saying(&[], peer.address()).await;
    let with_another = certificates.saying(&[b"http/1.1"], peer.address()).await;
    vec![
        Failing::new(Unreachable, trusting(&certificates, without_alpn)),
        Failing::new(Unreachable, trusting(&certificates, with_another)).beside(peer),
    ]
}

async fn refused_handshakes() -> Vec<Failing> {
    let mut all = Vec::new();
    for answer in [HANDSHAKE_FAILURE, PROTOCOL_VERSION] {
        let server = saying(answer);
        all.push(Failing::new(Unreachable, over("https", server.address())).beside(server));
    }
    all
}

async fn client_certificates() -> Vec<Failing> {
    let mut all = Vec::new();
    let strangers = Certificates::naming(&["127.0.0.1"]);
    for certificates in [Certificates::naming(&["127.0.0.1"]), Certificates::naming(&["127.0.0.1"]).over_tls12()] {
        let certificates = certificates.wanting_a_clients();
        let peer = Peer::answering([]);
        let address = certificates.in_front_of(peer.address()).await;
        let (certificate, key) = strangers.clients();
        let stranger = trusting(&certificates, address).client_identity(ClientIdentity::pem(certificate, key));
        all.push(Failing::new(Unreachable, trusting(&certificates, address)).naming("wants a client certificate"));
        all.push(Failing::new(Unreachable, stranger).naming("does not accept the client certificate").beside(peer));
    }
    all
}

async fn certificates() -> Vec<Failing> {
    let peer = Peer::answering([]);
    let mut all = Vec::new();
    let other = Certificates::naming(&["other.example.test", "10.0.0.1"]);
    let address = other.in_front_of(peer.address()).await;
    all.push(
        Failing::new(Untrusted, trusting(&other, address)).naming("other.example.test, 10.0.0.1").naming("server_name"),
    );
    let named = trusting(&other, address).server_name("another.example.test");
    all.push(Failing::new(Untrusted, named).naming("not for another.example.test"));

    for (expected, from, until) in [("expired on", 2001, 2002), ("not valid yet", 4000, 4001)] {
        for certificates in [
            Certificates::with_years(&["127.0.0.1"], from, until),
            Certificates::self_signed(&["127.0.0.1"], true, from, until),
            Certificates::self_signed(&["127.0.0.1"], false, from, until),
        ] {
            let address = certificates.in_front_of(peer.address()).await;
            all.push(Failing::new(Untrusted, trusting(&certificates, address)).naming(expected).naming("clock"));
        }
    }

    let of_a_client = Certificates::of_a_client(&["127.0.0.1"]);
    let address = of_a_client.in_front_of(peer.address()).await;
    all.push(Failing::new(Untrusted, trusting(&of_a_client, address)).naming("cannot be used").naming("another"));

    let known = Certificates::naming(&["127.0.0.1"]);
    for unknown in [Certificates::naming(&["127.0.0.1"]), Certificates::self_signed(&["127.0.0.1"], true, 1975, 4096)] {
        let address = unknown.in_front_of(peer.address()).await;
        all.push(Failing::new(Untrusted, trusting(&known, address)).naming("Verify::CaFile"));
        all.push(Failing::new(Untrusted, over("https", address)));
    }
    all.push(Failing::new(Untrusted, over("https", address)).beside(peer));
    all
}

async fn names() -> Vec<Failing> {
    let (host, proxy) = (unknown_name(), format!("http://{}:3128", unknown_name()));
    let proxied = Authenticator::builder("https://flyte.example.test").http_proxy(&proxy);
    vec![
        Failing::new(Unreachable, Authenticator::builder(format!("http://{host}"))).naming(&host),
        Failing { names: vec![proxy], ..Failing::new(Unreachable, proxied) },
    ]
}

async fn proxies() -> Vec<Failing> {
    let through = |kind, proxy: String| {
        let builder = Authenticator::builder("https://flyte.example.test").http_proxy(&proxy);
        Failing { names: vec![proxy], ..Failing::new(kind, builder) }
    };
    let guarded = HttpProxy::guarded("me", "hunter2");
    let (forbidding, failing) =
        (saying(b"HTTP/1.1 403 Forbidden\r\n\r\n"), saying(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    let (nobody, no_proxy) = (ReservedAddress::new(), saying(b"220 mail.example.test ESMTP\r\n"));
    let at = |server: &Listener| format!("http://{}", server.address());
    vec![
        through(Unavailable, format!("http://{nobody}")).beside(nobody),
        through(Unreachable, guarded.url()).naming("http_proxy").beside(guarded),
        through(Unreachable, at(&forbidding)).naming("https://flyte.example.test").beside(forbidding),
        through(Unavailable, at(&failing)).naming("https://flyte.example.test").beside(failing),
        through(Unreachable, at(&no_proxy)).beside(no_proxy),
    ]
}

/// Mistakes that are seen before anybody is contacted.
fn mistakes() -> Vec<AuthError> {
    let mut all: Vec<_> = ["unix:///run/flyte.sock", "unix:flyte.sock", "unix-abstract:flyte", "vsock:2:8080"]
        .into_iter()
        .map(|endpoint| Authenticator::builder(endpoint).build().unwrap_err())
        .collect();
    let authenticator = Authenticator::builder("https://flyte.example.test").build().unwrap();
    let settings = |_endpoint| Endpoint::from_static("https://other.example.test");
    all.push(authenticator.connect_lazy_with(settings).unwrap_err());
    all
}

// === At the identity provider ===

/// A call that needs a login, whose request to the provider's token endpoint fails for good: it is made once, and nobody
/// waits for another to succeed.
async fn login(token_url: String, kind: AuthErrorKind) -> String {
    let authenticator = Authenticator::builder("https://flyte.example.test")
        .flow(ClientCredentials::new("me", "hunter2").token_url(&token_url))
        .login_first(true)
        .allow_plaintext(true)
        .build()
        .unwrap();
    let transport = LocalTransport::answering([]);
    let status = CallsClient::new(authenticator.over(transport)).unary(Message::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "{status:?}");
    assert_eq!(authenticator.statistics().failures(), 1, "{status:?}");

    let error = authenticator.login().await.unwrap_err();
    let message = told(&error);
    assert_eq!(error.kind(), kind, "{message}");
    assert!(!error.is_transient(), "{message}");
    assert_eq!(status.message(), message);
    canary::observe_error(&error);
    message
}

async fn provider() -> Vec<String> {
    let certificates = Certificates::naming(&["127.0.0.1"]);
    let (web, other) = (saying(BAD_REQUEST), saying(b"220 mail.example.test ESMTP\r\n"));
    let tls = certificates.saying(&[], web.address()).await;
    vec![
        login(format!("http://{}/token", unknown_name()), Unreachable).await,
        login(format!("https://{}/token", web.address()), Unreachable).await,
        login(format!("http://{}/token", other.address()), Unreachable).await,
        login(format!("http://{tls}/token"), Unreachable).await,
        login(format!("https://{tls}/token"), Untrusted).await,
    ]
}

async fn provoked() -> Vec<String> {
    let all = [
        down().await,
        mixed_up().await,
        no_http2().await,
        refused_handshakes().await,
        client_certificates().await,
        certificates().await,
        names().await,
        proxies().await,
    ];
    let mut messages = Vec::new();
    for failing in all.into_iter().flatten() {
        messages.push(failing.message().await);
    }
    messages.extend(provider().await);
    for error in mistakes() {
        assert_eq!((error.kind(), error.setting()), (Configuration, Some("endpoint")), "{error}");
        messages.push(told(&error));
    }
    messages
}

#[tokio::test]
async fn a_login_by_way_of_a_proxy_that_is_no_help_names_the_proxy() {
    let (nobody, guarded) = (ReservedAddress::new(), HttpProxy::guarded("me", "hunter2"));
    let unknown = format!("http://{}:3128", unknown_name());
    for (proxy, kind, expected) in [
        (format!("http://{nobody}"), Unavailable, "refused"),
        (guarded.url(), Unreachable, "proxy authorization required"),
        (unknown, Unreachable, "is unknown here"),
    ] {
        let authenticator = Authenticator::builder("https://flyte.example.test")
            .flow(ClientCredentials::new("me", "hunter2").token_url("https://idp.example.test/token"))
            .http_proxy(&proxy)
            .build()
            .unwrap();
        let error = authenticator.login().await.unwrap_err();
        let told = told(&error);
        assert_eq!(error.kind(), kind, "{told}");
        assert!(told.contains(&format!("the proxy {proxy}")) && told.contains(expected), "{told}");
        assert!(!told.contains("idp.example.test"), "{told}");
    }
}

// === The page ===

#[tokio::test]
async fn each_message_of_the_page_is_provoked_and_each_that_is_provoked_is_on_the_page() {
    let (rows, provoked) = (error_page::rows_of("Connecting"), provoked().await);
    assert!(rows.len() > 15, "{rows:#?}");
    for message in &provoked {
        assert!(rows.iter().any(|row| row.shows(message)), "not on the page: {message}");
    }
    for row in rows {
        assert!(provoked.iter().any(|message| row.shows(message)), "nothing says: {}", row.shown);
    }
}

//! A token that HTTP/2 may index is sent once for many calls. Where it may not, its mark stays, and nobody who shares the
//! connection can find it by guessing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use auth_runtime::{AuthenticatedChannel, Authenticator, AuthenticatorBuilder, Credentials, ProxyAuthLayer};
use hyper_util::rt::TokioIo;
use tests::{
    call::{Calls, Kind, call, call_with, numbered},
    calls::calls_client::{AuthenticatedCallsClient, CallsClient},
    canary::Canary,
    harness::Harness,
    meter::Meter,
    peer::{Answer, Peer, PeerOptions, Tokens},
};
use tokio::net::TcpStream;
use tonic::{
    Code, Request,
    metadata::MetadataValue,
    transport::{Endpoint, Uri},
};
use tower::Layer as _;

const KEY: &str = "flyte-authorization";

/// As long as a JWT. Written out it takes more than `LITERAL` bytes, and a request without it fewer than `REFERENCE`.
const TOKEN_BYTES: usize = 1536;
const LITERAL: usize = 1000;
const REFERENCE: usize = 300;

/// A server that takes any token, and what counts before it.
struct World {
    meter: Meter,
    canary: Canary,
    _peer: Peer,
}

impl World {
    fn new() -> Self {
        Self::with(PeerOptions::default())
    }

    fn with(options: PeerOptions) -> Self {
        let peer = Peer::start_with(options, |exchange| exchange.run(Answer::message(&numbered(2))));
        Self { meter: Meter::before(peer.address()), canary: Canary::new(), _peer: peer }
    }

    fn builder(&self, token: &str) -> AuthenticatorBuilder {
        Authenticator::builder(self.meter.endpoint()).header_key(KEY).credentials(Credentials::new(token))
    }

    /// With a long token that may be indexed, as far as it depends on the authenticator.
    fn indexing(&self) -> AuthenticatorBuilder {
        self.builder(&self.canary.long_secret(TOKEN_BYTES)).index_token(true)
    }

    /// How many bytes a call takes.
    async fn bytes_of(&self, client: &impl Calls, request: Request<tests::calls::Message>) -> usize {
        let before = self.meter.sent();
        assert_eq!(call_with(client, Kind::Unary, request).await.code(), Code::Ok);
        self.meter.sent() - before
    }

    /// How many bytes each call takes, of so many behind the one that opens the connection.
    async fn bytes_of_calls(&self, client: &impl Calls, calls: usize) -> Vec<usize> {
        assert_eq!(call(client, Kind::Unary).await.code(), Code::Ok);
        let mut bytes = Vec::new();
        for _ in 0..calls {
            bytes.push(self.bytes_of(client, Request::new(numbered(7))).await);
        }
        bytes
    }
}

fn generated(channel: AuthenticatedChannel) -> AuthenticatedCallsClient {
    AuthenticatedCallsClient::new(channel)
}

// === Where it is indexed ===

#[tokio::test]
async fn it_is_sent_once_over_a_channel_that_was_connected_for_it_however_it_was_connected() {
    let world = World::new();
    let authenticator = world.indexing().build().unwrap();
    let connector = tower::service_fn(|uri: Uri| async move {
        let address = uri.authority().unwrap().as_str().to_owned();
        Ok::<_, std::io::Error>(TokioIo::new(TcpStream::connect(address).await?))
    });
    for channel in [
        authenticator.connect().await.unwrap(),
        authenticator.connect_lazy().unwrap(),
        authenticator.connect_with(|endpoint| endpoint.tcp_nodelay(true)).await.unwrap(),
        authenticator.connect_with_connector(connector).await.unwrap(),
    ] {
        let bytes = world.bytes_of_calls(&generated(channel.clone()), 4).await;
        assert!(bytes.iter().all(|bytes| *bytes < REFERENCE), "an authenticated client: {bytes:?}");
        let bytes = world.bytes_of_calls(&CallsClient::new(channel), 4).await;
        assert!(bytes.iter().all(|bytes| *bytes < REFERENCE), "tonic's client: {bytes:?}");
    }
}

#[tokio::test]
async fn a_token_that_took_the_place_of_another_is_indexed_in_its_turn() {
    let tokens = Tokens::new();
    let peer = Peer::checking(tokens.clone(), KEY, Answer::rejected(), Answer::message(&numbered(2)));
    let (meter, canary) = (Meter::before(peer.address()), Canary::new());
    let harness = Harness::with_peer(tokens.clone(), peer);
    let authenticator = Authenticator::builder(meter.endpoint())
        .header_key(KEY)
        .credentials(Credentials::new(canary.long_secret(TOKEN_BYTES)))
        .flow(harness.flow.clone())
        .index_token(true)
        .build()
        .unwrap();
    let next = canary.long_secret(TOKEN_BYTES);
    tokens.accept(&next);
    harness.flow.then(tests::flow::Login::token(next));
    let client = generated(authenticator.connect().await.unwrap());

    let before = meter.sent();
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [2]);
    assert!(meter.sent() - before > 2 * LITERAL, "the first token and its successor were sent");
    for kind in Kind::ALL {
        let before = meter.sent();
        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        assert!(meter.sent() - before < REFERENCE, "{kind:?}");
    }
}

#[tokio::test]
async fn deadlines_that_differ_with_each_call_do_not_push_it_out() {
    let world = World::new();
    let authenticator = world.indexing().call_timeout(Duration::from_secs(60)).build().unwrap();
    let client = generated(authenticator.connect().await.unwrap());
    let bytes = world.bytes_of_calls(&client, 150).await;
    assert!(bytes.iter().all(|bytes| *bytes < REFERENCE), "the authenticator's: {bytes:?}");

    for number in 0..150 {
        let mut request = Request::new(numbered(7));
        request.set_timeout(Duration::from_millis(60_000 + number));
        let bytes = world.bytes_of(&client, request).await;
        assert!(bytes < REFERENCE, "the callers': {bytes}");
    }
}

#[tokio::test]
async fn headers_of_the_callers_that_differ_with_each_call_push_it_out_now_and_then() {
    let world = World::new();
    let client = generated(world.indexing().build().unwrap().connect().await.unwrap());
    let mut literal = 0;
    for number in 0..150 {
        let mut request = Request::new(numbered(7));
        let trace = format!("00-{number:032x}-{number:016x}-01");
        request.metadata_mut().insert("traceparent", MetadataValue::try_from(trace).unwrap());
        literal += usize::from(world.bytes_of(&client, request).await > LITERAL);
    }
    // Each takes 98 of the table's 4096 bytes, the token 1600.
    assert!((2..=10).contains(&literal), "{literal} of 150 calls carried it");
}

#[tokio::test]
async fn a_token_that_does_not_fit_into_the_servers_table_is_sent_with_each_call() {
    for (table, length) in [(None, 8 * 1024), (Some(512), TOKEN_BYTES), (Some(0), TOKEN_BYTES)] {
        let options = table.map_or_else(PeerOptions::default, |bytes| PeerOptions::default().header_table(bytes));
        let world = World::with(options);
        let builder = world.builder(&world.canary.long_secret(length)).index_token(true);
        let client = generated(builder.build().unwrap().connect().await.unwrap());
        let bytes = world.bytes_of_calls(&client, 4).await;
        assert!(bytes.iter().all(|bytes| *bytes > LITERAL), "a table of {table:?} bytes: {bytes:?}");
    }
}

// === Where it is not ===

#[tokio::test]
async fn it_is_sent_with_each_call_wherever_one_of_the_conditions_does_not_hold() {
    let world = World::new();
    let token = || world.canary.long_secret(TOKEN_BYTES);
    let scheme = Credentials::new(token()).with_token_type("DPoP");
    for (condition, builder) in [
        ("nobody asked for it", world.builder(&token())),
        ("it was asked for and then not", world.builder(&token()).index_token(true).index_token(false)),
        ("HTTP/2 has rules of its own for the key", world.indexing().header_key("authorization")),
        ("it is no bearer token", world.indexing().credentials(scheme)),
    ] {
        let client = generated(builder.build().unwrap().connect().await.unwrap());
        let bytes = world.bytes_of_calls(&client, 4).await;
        assert!(bytes.iter().all(|bytes| *bytes > LITERAL), "{condition}: {bytes:?}");
    }

    let authenticator = world.indexing().build().unwrap();
    let transport = Endpoint::from_shared(world.meter.endpoint()).unwrap().connect_lazy();
    let bytes = world.bytes_of_calls(&generated(authenticator.over(transport)), 4).await;
    assert!(bytes.iter().all(|bytes| *bytes > LITERAL), "a transport of the user's: {bytes:?}");

    let proxy = || world.builder(&world.canary.secret()).header_key("proxy-authorization").build().unwrap();
    let channel = authenticator.connect().await.unwrap().with_proxy(proxy()).unwrap();
    let bytes = world.bytes_of_calls(&generated(channel), 4).await;
    assert!(bytes.iter().all(|bytes| *bytes > LITERAL), "a proxy's credentials below: {bytes:?}");

    let channel = ProxyAuthLayer::new(proxy()).layer(authenticator.connect().await.unwrap());
    let bytes = world.bytes_of_calls(&CallsClient::new(channel), 4).await;
    assert!(bytes.iter().all(|bytes| *bytes > LITERAL), "a proxy's credentials above: {bytes:?}");
}

/// What an attacker finds out who may put headers onto the connection, and sees how long each request is: a value that is
/// in the table is shorter than all others (RFC 7541 section 7.1).
async fn guess(world: &World, client: &impl Calls, key: &'static str) -> Option<u16> {
    let mut sizes = Vec::new();
    // The first guess brings the header's name into the table.
    for guess in [0].into_iter().chain(1000..1040) {
        let mut request = Request::new(numbered(7));
        request.metadata_mut().insert(key, MetadataValue::try_from(format!("Bearer {guess:04}")).unwrap());
        sizes.push((world.bytes_of(client, request).await, guess));
    }
    let mut others: Vec<_> = sizes[1..].iter().map(|(bytes, _)| *bytes).collect();
    others.sort_unstable();
    // Digits differ by a bit or two each.
    let usual = others[others.len() / 2];
    sizes[1..].iter().find(|(bytes, _)| bytes + 4 < usual).map(|(_, guess)| *guess)
}

#[tokio::test]
async fn a_token_that_could_be_guessed_is_not_found_by_who_shares_the_connection() {
    let world = World::new();
    let shared = CallsClient::new(Endpoint::from_shared(world.meter.endpoint()).unwrap().connect().await.unwrap());
    let mut request = Request::new(numbered(7));
    request.metadata_mut().insert("x-pin", MetadataValue::from_static("Bearer 1017"));
    world.bytes_of(&shared, request).await;
    assert_eq!(guess(&world, &shared, "x-pin").await, Some(1017), "the attack finds what is in the table");

    let authenticator = Authenticator::builder(world.meter.endpoint())
        .header_key("x-pin")
        .credentials(Credentials::new("1017"))
        .index_token(true)
        .build()
        .unwrap();
    let channel = authenticator.connect().await.unwrap();
    assert_eq!(call(&generated(channel.clone()), Kind::Unary).await.code(), Code::Ok);
    let attacker = CallsClient::new(channel.anonymous());
    assert_eq!(guess(&world, &attacker, "x-pin").await, None, "the token was found");
}

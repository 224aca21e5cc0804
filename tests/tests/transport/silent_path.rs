//! A way to the server on which everything is lost, and nothing says so.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use auth_runtime::{AuthenticatedChannel, Authenticator, AuthenticatorBuilder, Credentials};
use tests::{
    call::{Kind, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    canary::{Canary, Phrase},
    certificates::Certificates,
    http1::Listener,
    peer::{Answer, Peer},
    relay::Relay,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::Instant,
};
use tonic::{Code, transport::Endpoint};

/// A call whose server is there, and then is not: how long it takes without a deadline.
async fn until_a_call_fails(peer: &Peer, relay: &Relay, kind: Kind, channel: AuthenticatedChannel) -> Duration {
    let number = peer.requests().len();
    let calling = spawn(&AuthenticatedCallsClient::new(channel), kind);
    peer.request(number).await;
    relay.swallow();
    tokio::time::pause();
    let begun = Instant::now();
    let outcome = calling.await.unwrap();
    let took = begun.elapsed();
    tokio::time::resume();
    assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}: {outcome:?}");
    took
}

fn unanswered() -> Peer {
    Peer::start(|exchange| exchange.run(Answer::new().until_reset()))
}

fn authenticator(
    canary: &Canary,
    endpoint: String,
    change: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder,
) -> Authenticator {
    change(Authenticator::builder(endpoint).credentials(Credentials::new(canary.secret()))).build().unwrap()
}

#[tokio::test]
async fn a_server_that_is_pinged_too_often_is_told_of() {
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    // GOAWAY, 22 bytes: no stream was seen, ENHANCE_YOUR_CALM, and why.
    const GOAWAY: &[u8] = b"\0\0\x16\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0btoo_many_pings";
    let server = Listener::start(None, |mut stream| async move {
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await?;
        stream.write_all(SETTINGS).await?;
        // The client's settings: the connection is made.
        stream.read_exact(&mut preface).await?;
        stream.write_all(GOAWAY).await?;
        stream.shutdown().await
    });
    let endpoint = format!("http://{}", server.address());
    let phrase = Phrase::listen_for(&format!("pinged too often, set keep_alive_interval(..): {endpoint}"));
    let canary = Canary::new();
    let channel = authenticator(&canary, endpoint, |builder| builder).connect().await.unwrap();
    let outcome = spawn(&AuthenticatedCallsClient::new(channel), Kind::Unary).await.unwrap();
    assert_ne!(outcome.code(), Code::Ok, "{outcome:?}");
    assert!(phrase.was_said());
}

const SIX_MINUTES: Duration = Duration::from_secs(6 * 60);

#[tokio::test]
async fn a_call_without_a_deadline_ends_within_six_minutes() {
    let canary = Canary::new();
    for kind in Kind::ALL {
        let peer = unanswered();
        let relay = Relay::to(peer.address()).await;
        let authenticator = authenticator(&canary, format!("http://{}", relay.address()), |builder| builder);
        let took = until_a_call_fails(&peer, &relay, kind, authenticator.connect().await.unwrap()).await;
        assert!(took < SIX_MINUTES, "{kind:?}: {took:?}");
        // Servers of grpc-go close connections on which pings come more often.
        assert!(took > Duration::from_secs(5 * 60), "{kind:?}: {took:?}");
    }
}

#[tokio::test]
async fn so_does_one_over_tls_and_over_a_channel_that_connects_when_it_is_needed() {
    let canary = Canary::new();
    let certificates = Certificates::naming(&["127.0.0.1"]);
    let peer = unanswered();
    let relay = Relay::to(certificates.in_front_of(peer.address()).await).await;
    let verify = auth_runtime::Verify::CaFile(certificates.authority_file());
    let endpoint = format!("https://{}", relay.address());
    let channel = authenticator(&canary, endpoint, |builder| builder.verify(verify)).connect_lazy().unwrap();
    let took = until_a_call_fails(&peer, &relay, Kind::Unary, channel).await;
    assert!(took < SIX_MINUTES, "{took:?}");
}

#[tokio::test]
async fn it_ends_sooner_where_pings_are_to_come_sooner() {
    let canary = Canary::new();
    let (often, settings) = (Duration::from_secs(10), |endpoint: Endpoint| endpoint);
    let by_settings = |endpoint: Endpoint| endpoint.http2_keep_alive_interval(Duration::from_secs(10));
    for by_builder in [true, false] {
        let peer = unanswered();
        let relay = Relay::to(peer.address()).await;
        let authenticator = authenticator(&canary, format!("http://{}", relay.address()), |builder| match by_builder {
            true => builder.keep_alive_interval(often),
            false => builder,
        });
        let channel = match by_builder {
            true => authenticator.connect_with(settings).await,
            false => authenticator.connect_with(by_settings).await,
        };
        let took = until_a_call_fails(&peer, &relay, Kind::ServerStreaming, channel.unwrap()).await;
        assert!(took < Duration::from_secs(60), "{by_builder}: {took:?}");
    }
}

#[tokio::test]
async fn nobody_is_pinged_where_no_pings_are_wanted() {
    let canary = Canary::new();
    for interval in [Duration::MAX, Duration::from_secs(1 << 40)] {
        let peer = unanswered();
        let relay = Relay::to(peer.address()).await;
        let endpoint = format!("http://{}", relay.address());
        let authenticator = authenticator(&canary, endpoint, |builder| builder.keep_alive_interval(interval));
        let channel = authenticator.connect().await.unwrap();
        let calling = spawn(&AuthenticatedCallsClient::new(channel), Kind::Unary);
        peer.request(0).await;
        relay.swallow();
        tokio::time::pause();
        let waited = tokio::time::timeout(Duration::from_secs(24 * 60 * 60), calling).await;
        tokio::time::resume();
        assert!(waited.is_err(), "{interval:?}: {waited:?}");
    }
}

//! Counts what a call with a good token allocates beyond plain tonic. Counts are the same in each run.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use allocation_counter::{AllocationInfo, measure};
use auth_runtime::{AuthLayer, AuthService, limits};
use benchmarks::{
    canned::Canned,
    credentials,
    load::{
        Payload,
        load_client::{AuthenticatedLoadClient, LoadClient},
    },
    server::LARGEST,
};
use futures_util::FutureExt as _;
use tower_layer::Layer as _;

const ENDPOINT: &str = "https://load.example.com";

const SIZES: [usize; 3] = [64, 64 * 1024, 4 << 20];

fn payload(bytes: usize) -> Payload {
    Payload { data: vec![b'x'; bytes].into(), count: 1 }
}

/// The canned transport never waits, so that a call is over at its first poll.
macro_rules! count {
    ($client:expr, $payload:expr, $call:ident) => {{
        // The first call fills what is filled once.
        $call!($client, $payload);
        measure(|| $call!($client, $payload))
    }};
}

macro_rules! echo {
    ($client:expr, $payload:expr) => {{
        $client.echo($payload.clone()).now_or_never().unwrap().unwrap();
    }};
}

macro_rules! download {
    ($client:expr, $payload:expr) => {{
        let response = $client.download($payload.clone()).now_or_never().unwrap().unwrap();
        let mut messages = response.into_inner();
        while messages.message().now_or_never().unwrap().unwrap().is_some() {}
    }};
}

macro_rules! upload {
    ($client:expr, $payload:expr) => {{
        let messages = futures_util::stream::iter([$payload.clone(), $payload.clone()]);
        $client.upload(messages).now_or_never().unwrap().unwrap();
    }};
}

macro_rules! exchange {
    ($client:expr, $payload:expr) => {{
        let messages = futures_util::stream::iter([$payload.clone(), $payload.clone()]);
        let mut messages = $client.exchange(messages).now_or_never().unwrap().unwrap().into_inner();
        while messages.message().now_or_never().unwrap().unwrap().is_some() {}
    }};
}

fn plain(bytes: usize) -> LoadClient<Canned> {
    LoadClient::new(Canned::new(bytes, 1)).max_decoding_message_size(LARGEST)
}

fn authenticated(bytes: usize, header_key: &str) -> AuthenticatedLoadClient<Canned> {
    let authenticator = credentials::authenticator(ENDPOINT, header_key);
    AuthenticatedLoadClient::new(Canned::new(bytes, 1), authenticator).max_decoding_message_size(LARGEST)
}

fn layered(bytes: usize) -> LoadClient<AuthService<Canned>> {
    let layer = AuthLayer::new(credentials::authenticator(ENDPOINT, "authorization"));
    LoadClient::new(layer.layer(Canned::new(bytes, 1))).max_decoding_message_size(LARGEST)
}

fn difference(ours: AllocationInfo, plain: AllocationInfo) -> (i64, i64) {
    let signed = |count: u64| i64::try_from(count).unwrap();
    (signed(ours.count_total) - signed(plain.count_total), signed(ours.bytes_total) - signed(plain.bytes_total))
}

#[test]
fn what_a_call_allocates_beyond_plain_tonic_is_little_and_does_not_grow_with_the_message() {
    for (name, limit) in [("echo", 4), ("download", 5)] {
        let mut extra_bytes = Vec::new();
        for key in ["authorization", "flyte-authorization"] {
            for bytes in SIZES {
                let payload = payload(bytes);
                let (mut plain, ours) = (plain(bytes), authenticated(bytes, key));
                let (expected, counted) = match name {
                    "echo" => (count!(plain, payload, echo), count!(ours, payload, echo)),
                    _ => (count!(plain, payload, download), count!(ours, payload, download)),
                };
                let (allocations, bytes_more) = difference(counted, expected);
                println!(
                    "{name:9} {key:20} {bytes:8} B: +{allocations} allocations, +{bytes_more} bytes (plain {})",
                    expected.count_total
                );
                assert!(allocations <= limit, "{name} {key} {bytes}: {allocations}");
                extra_bytes.push(bytes_more);
            }
        }
        let (least, most) = (extra_bytes.iter().min().unwrap(), extra_bytes.iter().max().unwrap());
        assert!(most - least < 512, "{name}: the extra bytes depend on the message: {extra_bytes:?}");
    }
}

#[test]
fn a_request_stream_allocates_no_more_than_what_is_held_for_a_replay() {
    for bytes in SIZES {
        let payload = payload(bytes);
        let (mut plain, ours) = (plain(bytes), authenticated(bytes, "authorization"));
        let upload = difference(count!(ours, payload, upload), count!(plain, payload, upload));
        let exchange = difference(count!(ours, payload, exchange), count!(plain, payload, exchange));
        println!(
            "upload {bytes:8} B: +{} allocations, +{} bytes; exchange: +{}, +{}",
            upload.0, upload.1, exchange.0, exchange.1
        );
        for (allocations, more) in [upload, exchange] {
            assert!(allocations <= 9, "{bytes}: {allocations}");
            assert!(more <= i64::try_from(limits::REPLAY_BOUND).unwrap(), "{bytes}: {more}");
        }
    }
}

#[test]
fn a_layer_without_a_twin_allocates_little_more() {
    for bytes in SIZES {
        let payload = payload(bytes);
        let (mut plain, mut ours) = (plain(bytes), layered(bytes));
        let (allocations, more) = difference(count!(ours, payload, echo), count!(plain, payload, echo));
        println!("layer echo {bytes:8} B: +{allocations} allocations, +{more} bytes");
        assert!(allocations <= 6, "{bytes}: {allocations}");
    }
}

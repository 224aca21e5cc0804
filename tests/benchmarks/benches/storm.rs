//! Ten thousand calls at once, with a token that was revoked, against as many with a good one.
//!
//! ```sh
//! cargo bench -p benchmarks --bench storm
//! ```
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has no result")]

use std::time::{Duration, Instant};

use auth_runtime::Authenticator;
use benchmarks::{
    credentials,
    load::{Payload, load_client::AuthenticatedLoadClient},
    server,
    storm::{self, CALLS, Door, Guarded},
};
use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};

const ROUNDS: usize = 11;

/// What the provider takes for the refresh: longer than it takes to read ten thousand rejections.
const PROVIDER: Duration = Duration::from_secs(2);

fn main() {
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let rounds = if measuring { ROUNDS } else { 1 };
    println!("| transport | {CALLS} first calls | {CALLS} replays | ratio | refreshes |\n|---|---|---|---|---|");
    report("in-memory", rounds, in_memory);
    report("loopback", rounds, loopback);
}

struct Round {
    first: Duration,
    replays: Duration,
    refreshes: u64,
}

fn report(transport: &str, rounds: usize, round: fn() -> Round) {
    let mut rounds: Vec<Round> = (0..rounds).map(|_| round()).collect();
    let refreshes = rounds.iter().map(|round| round.refreshes).max().unwrap();
    // Both halves of a round are measured close to each other: the ratio is taken within it.
    rounds.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    let median = &rounds[rounds.len() / 2];
    println!("| {transport} | {:.1?} | {:.1?} | {:.2} | {refreshes} |", median.first, median.replays, ratio(median));
}

fn ratio(round: &Round) -> f64 {
    round.replays.as_secs_f64() / round.first.as_secs_f64()
}

fn payload() -> Payload {
    Payload { data: vec![b'x'; 64].into(), count: 1 }
}

fn in_memory() -> Round {
    let runtime = runtime();
    let endpoint = "https://load.example.com";
    runtime.block_on(async {
        let good = credentials::authenticator(endpoint, "authorization");
        let first = time(&AuthenticatedLoadClient::new(good.over(Guarded::new(64, &Door::new(Duration::ZERO))))).await;
        let door = Door::new(PROVIDER);
        let authenticator = storm::authenticator(endpoint, &door);
        let client = AuthenticatedLoadClient::new(authenticator.over(Guarded::new(64, &door)));
        storm::call_all(&client, &payload()).await;
        finish(first, &door, &authenticator)
    })
}

fn loopback() -> Round {
    let runtime = runtime();
    let door = Door::new(PROVIDER);
    let endpoint = format!("http://{}", server::start_guarded(&door));
    runtime.block_on(async {
        let good = credentials::authenticator(&endpoint, "authorization");
        let client = AuthenticatedLoadClient::new(good.over(connect(&endpoint).await));
        time(&client).await;
        let first = time(&client).await;
        let authenticator = storm::authenticator(&endpoint, &door);
        let client = AuthenticatedLoadClient::new(authenticator.over(connect(&endpoint).await));
        storm::call_all(&client, &payload()).await;
        finish(first, &door, &authenticator)
    })
}

fn finish(first: Duration, door: &Door, authenticator: &Authenticator) -> Round {
    let replays = door.since_refreshed();
    assert_eq!(door.rejections(), CALLS);
    Round { first, replays, refreshes: authenticator.statistics().refreshes() }
}

async fn time<T: auth_runtime::Transport + Sync>(client: &AuthenticatedLoadClient<T>) -> Duration {
    let start = Instant::now();
    storm::call_all(client, &payload()).await;
    start.elapsed()
}

async fn connect(endpoint: &str) -> Channel {
    Endpoint::from_shared(endpoint.to_owned()).unwrap().connect().await.unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

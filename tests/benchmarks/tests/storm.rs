//! Ten thousand calls meet a revoked token.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use allocation_counter::measure;
use benchmarks::{
    load::{Payload, load_client::AuthenticatedLoadClient},
    storm::{self, CALLS, Door, Guarded},
};

const ENDPOINT: &str = "https://load.example.com";

/// The most bytes that were allocated at once while all calls waited.
fn peak(bytes: usize) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let door = Door::new(Duration::ZERO);
    let authenticator = storm::authenticator(ENDPOINT, &door);
    let client = AuthenticatedLoadClient::new(authenticator.over(Guarded::new(bytes, &door)));
    let payload = Payload { data: vec![b'x'; bytes].into(), count: 1 };
    let memory = measure(|| runtime.block_on(storm::call_all(&client, &payload)));
    assert_eq!(door.rejections(), CALLS, "each call was rejected once");
    assert_eq!(authenticator.statistics().refreshes(), 1);
    assert_eq!(authenticator.statistics().replays(), u64::try_from(CALLS).unwrap());
    memory.bytes_max
}

#[test]
fn ten_thousand_rejected_calls_refresh_once_and_hold_each_message_once() {
    let (small, large) = (peak(64) / CALLS as u64, peak(16 * 1024) / CALLS as u64);
    println!("peak: {small} bytes a waiting call with 64 B, {large} with 16 KiB");
    // The encoder begins with a buffer of 1 KiB and doubles it, and that buffer is what is held.
    assert!(small < (1 + 6) * 1024, "a call holds {small} bytes for a message of 64 B");
    assert!(large < (32 + 6) * 1024, "a call holds {large} bytes for a message of 16 KiB");
}

//! The demonstration as a whole, faster than for people.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::time::Duration;

use flyte_admin::demo::{self, Pace};

#[tokio::test(flavor = "multi_thread")]
async fn every_step_comes_as_it_should() {
    let mut output = vec![];
    // The token endpoint tells a second less, and zero would be none.
    let pace = Pace { token_lifetime: Duration::from_secs(2), tokens: 2, burst: 500 };
    let as_it_should = demo::run(pace, &mut output).await.unwrap();
    let output = String::from_utf8(output).unwrap();
    assert!(as_it_should, "{output}");
    assert!(output.contains("14 of 14 steps"), "{output}");
}

//! What the benchmarks share: clients in all variants, a transport without a network, a server behind loopback.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on has no result")]

pub mod calls;
pub mod canned;
pub mod credentials;
pub mod entity_tag;
pub mod fleet;
pub mod flyte_core;
pub mod hand_written;
pub mod server;
pub mod storm;
pub mod variant;
pub mod work;

/// The generated clients and messages.
#[allow(missing_docs, reason = "generated")]
pub mod load {
    tonic::include_proto!("load.v1");
}

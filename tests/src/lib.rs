//! The doubles and servers that the tests of this package share.
//!
//! - [`canary`]: secrets that must not be seen anywhere; each test takes its tokens from one
//! - [`peer`]: a gRPC peer that is scripted frame by frame, over real sockets
//! - [`flow`]: a login that is scripted
//! - [`mock_body`], [`poll_then_drop`]: the same at the level of single polls
//! - [`gate`], [`guard`]: how tests wait, without sleeping
//! - [`message`]: gRPC's framing
//! - [`calls`]: the service that most tests call
//! - [`shapes`]: a client for each shape of generated code
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a double that cannot go on fails the test that it serves"
)]

pub mod calls;
pub mod call;
pub mod canary;
pub mod flow;
pub mod gate;
pub mod guard;
pub mod harness;
pub mod message;
pub mod mock_body;
pub mod peer;
pub mod poll_then_drop;
pub mod transport;
pub mod shapes;

//! The doubles and servers that the tests of this package share.
//!
//! - [`canary`]: secrets that must not be seen anywhere; each test takes its tokens from one
//! - [`peer`]: a gRPC peer that is scripted frame by frame, over real sockets
//! - [`flow`]: a login that is scripted
//! - [`mock_body`], [`poll_then_drop`]: the same at the level of single polls
//! - [`store`]: a store that is watched, and can be told to fail; [`process`]: programs that share one, scripts, and tests
//!   in a process of their own, whose [`warnings`] are read
//! - [`gate`], [`guard`]: how tests wait, without sleeping; [`property`]: how generated cases run
//! - [`property_session`]: a model that a session is held against
//! - [`token_endpoint`]: a token endpoint that is scripted, or really checks who asks
//! - [`login`]: logins of people, with an [`identity_provider`], a [`browser`] and a [`prompt`]
//! - [`http_proxy`], [`relay`], [`meter`], [`certificates`]: what stands between client and server;
//!   [`reserved_address`]: where no server is, for now
//! - [`message`], [`http1`]: gRPC's framing, and HTTP as bytes
//! - [`calls`]: the service that most tests call
//! - [`shapes`]: a client for each shape of generated code
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a double that cannot go on fails the test that it serves"
)]

pub mod browser;
pub mod call;
pub mod calls;
pub mod canary;
pub mod certificates;
pub mod error_page;
pub mod flow;
pub mod gate;
pub mod guard;
pub mod harness;
pub mod http1;
pub mod http_proxy;
pub mod identity_provider;
pub mod login;
pub mod message;
pub mod meter;
pub mod mock_body;
pub mod peer;
pub mod poll_then_drop;
pub mod process;
pub mod prompt;
pub mod property;
pub mod property_session;
pub mod relay;
pub mod reserved_address;
pub mod shapes;
pub mod store;
pub mod token_endpoint;
pub mod told;
pub mod transport;
pub mod warnings;

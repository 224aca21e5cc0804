//! What the `flyte-admin` command line is made of: FlyteIDL's generated clients, and a stand-in for a Flyte
//! installation that fits into a process.
#![forbid(unsafe_code)]

pub mod cli;
pub mod proto;
pub mod server;
pub mod token_endpoint;

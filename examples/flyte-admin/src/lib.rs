//! What the `flyte-admin` command line is made of: a bundle of authenticated Flyte clients, and a stand-in for a Flyte
//! installation that fits into a process.
#![forbid(unsafe_code)]

mod call_error;
pub mod cli;
mod connection;
pub mod contract;
pub mod demo;
mod doctor;
mod error_chain;
mod exit;
mod flyte;
mod output;
mod plain_text;
pub mod proto;
pub mod server;
mod stored_login;
pub mod token_endpoint;

pub use call_error::CallError;
pub use connection::Connection;
pub use flyte::Flyte;
pub use output::Format;

//! A stand-in for a Flyte installation: its services on loopback, guarded as flyteadmin guards them.

mod admin;
mod agents;
mod auth_metadata;
mod catalogue;
mod data_proxy;
mod flyte_server;
mod guard;
mod identity;
mod page;
mod presented_token;
mod public_address;
mod rejection;
mod store;

pub use flyte_server::{FlyteServer, FlyteServerSettings};
pub use rejection::WireShape;

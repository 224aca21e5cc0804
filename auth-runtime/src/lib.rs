//! Credentials, single-flight refresh and replay for tonic clients.
#![forbid(unsafe_code)]

mod authenticator;
mod credentials;
mod error;
pub mod flow;
mod header;
pub mod limits;
mod verify;

pub use authenticator::{Discovery, ServerDetails};
pub use credentials::Credentials;
pub use error::AuthError;
pub use flow::{Flow, FlowContext};
pub use verify::Verify;

//! The authenticator.
mod details;
pub(crate) use details::ErasedDiscovery;
pub use details::{Discovery, ServerDetails};

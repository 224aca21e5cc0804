//! Flyte: what its servers say about logging in.

mod answers;
mod discovery;
mod messages;

pub use self::discovery::AuthMetadata;

//! The two sides of each diff in docs/migration.md.

pub mod authenticated_client;
pub mod flyte_core_after;
pub mod flytekit;
pub mod interceptor_after;
pub mod interceptor_before;
pub mod layer_after;
pub mod layer_before;

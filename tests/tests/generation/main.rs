//! What the build script and the attribute generate, and what a user can do with it.

mod build_support_inputs;
mod build_support_paths;
mod build_support_rerun;
mod expansion_attributes;
mod expansion_determinism;
mod expansion_reading;
mod expansion_shapes;
pub mod hygiene;
mod public_types;
mod wrapper_types;

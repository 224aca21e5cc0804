//! What the build script and the attribute generate, and what a user can do with it.

mod build_support_inputs;
mod build_support_paths;
mod build_support_rerun;
mod bundles;
mod client_types;
mod declared_options;
mod expansion_attributes;
mod expansion_determinism;
mod expansion_reading;
mod expansion_shapes;
pub mod hygiene;
mod odd_protos;
mod public_types;
mod unreadable_protos;

/// All authenticated clients of a file, or the first thing that is wrong in it.
fn expanded(file: &str) -> syn::Result<Vec<auth_macros_expansion::ExpandedClient>> {
    auth_macros_expansion::expanded_clients(file)?.into_iter().collect()
}

//! A client for each shape that tonic's generated code can have, compiled as strictly as any user's crate would be.
//!
//! What is below compiles: that is the test. The expansions are under review as snapshots.

#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, rust_2018_idioms, clippy::all)]

/// Names of keywords, of the prelude, of tonic and of the generated code, as methods and messages.
#[allow(clippy::wrong_self_convention, reason = "tonic's server has a `from_transport(&self)` for the method")]
pub mod names {
    include!(concat!(env!("OUT_DIR"), "/shapes/names/shapes.names.rs"));
}

/// `build_transport(false)`: no `connect` of tonic's, but a method of that name.
pub mod connect {
    include!(concat!(env!("OUT_DIR"), "/shapes/connect/shapes.connect.rs"));
}

/// No package.
pub mod root {
    include!(concat!(env!("OUT_DIR"), "/shapes/root/_.rs"));
}

/// Well-known types as requests and responses.
pub mod well_known {
    include!(concat!(env!("OUT_DIR"), "/shapes/well_known/shapes.well_known.rs"));
}

/// Deprecated methods and services. Nobody calls them here, so nothing warns.
pub mod deprecated {
    include!(concat!(env!("OUT_DIR"), "/shapes/deprecated/shapes.deprecated.rs"));
}

/// `build_server(false)`.
#[deny(clippy::pedantic)]
#[allow(clippy::missing_errors_doc, reason = "tonic's own functions have no such section")]
pub mod client_only {
    include!(concat!(env!("OUT_DIR"), "/shapes/client_only/shapes.codec.rs"));
}

/// A codec of the user's.
pub mod codec {
    /// prost's codec, under another name.
    pub type RenamedCodec<T, U> = tonic_prost::ProstCodec<T, U>;

    include!(concat!(env!("OUT_DIR"), "/shapes/codec/shapes.codec.rs"));
}

/// Packages inside packages, packages of several files, services of one name, messages of other packages.
#[allow(missing_docs, clippy::module_inception, reason = "prost writes the modules of its `include_file`")]
#[allow(clippy::match_single_binding, reason = "tonic matches the methods of a service that has none")]
pub mod packages {
    include!(concat!(env!("OUT_DIR"), "/shapes/packages/mod.rs"));
}

/// `extern_path`: the messages are those of [`packages`].
pub mod external {
    include!(concat!(env!("OUT_DIR"), "/shapes/external/shapes.external.rs"));
}

pub mod by_hand;

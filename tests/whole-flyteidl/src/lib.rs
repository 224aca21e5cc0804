//! Every service of the published FlyteIDL, generated and annotated, with every warning an error.
#![deny(warnings)]
#![forbid(unsafe_code)]

/// Flyte 1, from the descriptors of the Python package.
pub mod flyteidl {
    include!(concat!(env!("OUT_DIR"), "/flyteidl/packages.rs"));
}

/// Flyte 2, from the descriptors of the Python package.
pub mod flyteidl2 {
    include!(concat!(env!("OUT_DIR"), "/flyteidl2/packages.rs"));
}

/// Flyte 1, from the `.proto` files of the npm package.
pub mod from_proto_files {
    include!(concat!(env!("OUT_DIR"), "/from_proto_files/packages.rs"));
}

//! Every service of the published FlyteIDL, generated and annotated, with every warning an error.
#![deny(warnings)]
#![forbid(unsafe_code)]

/// Flyte 1, from the descriptors of the Python package.
pub mod flyte_1 {
    include!(concat!(env!("OUT_DIR"), "/flyte_1/packages.rs"));
}

/// Flyte 2, from the descriptors of the Python package.
pub mod flyte_2 {
    include!(concat!(env!("OUT_DIR"), "/flyte_2/packages.rs"));
}

/// Flyte 1, from the `.proto` files of the npm package.
pub mod from_proto_files {
    include!(concat!(env!("OUT_DIR"), "/from_proto_files/packages.rs"));
}

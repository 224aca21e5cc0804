//! One public IDL, generated and annotated, with every warning an error.
#![deny(
    warnings,
    future_incompatible,
    keyword_idents,
    let_underscore,
    missing_debug_implementations,
    nonstandard_style,
    rust_2018_idioms,
    unreachable_pub,
    unused
)]
#![forbid(unsafe_code)]

include!(concat!(env!("OUT_DIR"), "/packages.rs"));

//! For `build.rs`: tonic's clients, each with an authenticated client beside it.
//!
//! ```no_run
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     build_support::configure()
//!         .unauthenticated("example.v1.Public") // a service or one method: never gets credentials
//!         .compile_protos(&["proto/example/v1/calls.proto"], &["proto"])?;
//!     Ok(())
//! }
//! ```
//!
//! The generated code is included as always, with `tonic::include_proto!("example.v1")`, and contains
//! `AuthenticatedCallsClient` next to `CallsClient`. The proto files are compiled by `protox`: there is no `protoc` to
//! install. A `FileDescriptorSet`, such as `buf build -o` writes, is taken as well.
//!
//! What is added to the clients of a package is written, formatted, to `$OUT_DIR/<package>.authenticated-clients.rs` (`_` for
//! files without a package), for people to read and to put under review as a snapshot.
//!
//! Those who have a `build.rs` already add one call to it:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! build_support::annotate(tonic_prost_build::configure())
//!     .compile_protos(&["proto/example/v1/calls.proto"], &["proto"])?;
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod builder;
mod compile;
mod edition;
mod error;
mod expansion_file;
mod input;
mod options;
mod paths;
mod protoc;
mod read_back;
mod rerun;

pub use builder::{Builder, annotate, configure};
pub use error::Error;

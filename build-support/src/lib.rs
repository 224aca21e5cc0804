//! For `build.rs`: tonic's clients, each with an authenticated client beside it.
//!
//! One line compiles the protos. There is no `protoc` to install: `protox` compiles them.
//!
//! ```no_run
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     build_support::configure().compile_protos(&["proto/helloworld.proto"], &["proto"])?;
//!     Ok(())
//! }
//! ```
//!
//! The generated code is included as always, with `tonic::include_proto!("helloworld")`, and contains
//! `AuthenticatedGreeterClient` next to `GreeterClient`. At run time it needs the crate `auth-runtime`, whose documentation
//! shows how a client gets its login.
//!
//! | you have | write |
//! |---|---|
//! | proto files | [`configure()`](configure), then [`compile_protos`](Builder::compile_protos) |
//! | a `FileDescriptorSet`, such as `buf build -o api.binpb` writes | [`compile_descriptor_file`](Builder::compile_descriptor_file) |
//! | a `build.rs` with tonic's builder | [`annotate`] around it |
//! | options of tonic's or prost's builder to set | [`tonic`](Builder::tonic), [`prost`](Builder::prost) |
//! | methods that need no login | [`unauthenticated`](Builder::unauthenticated) |
//! | methods that must not be sent twice | [`no_replay`](Builder::no_replay) |
//! | long request streams | [`replay_buffer_bytes`](Builder::replay_buffer_bytes) |
//! | a name that is taken | [`client_name`](Builder::client_name) |
//!
//! What is added to the clients of a package is written, formatted, to `$OUT_DIR/<package>.authenticated-clients.rs` (`_` for
//! files without a package), for people to read and to put under review as a snapshot.
//!
//! Those who have a `build.rs` already add one call to it:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! build_support::annotate(tonic_prost_build::configure())
//!     .compile_protos(&["proto/helloworld.proto"], &["proto"])?;
//! # Ok(())
//! # }
//! ```
//!
//! There are no features.

#![forbid(unsafe_code)]

mod builder;
mod compile;
mod error;
mod expansion_file;
mod paths;
mod read_back;
mod rerun;

pub use builder::{Builder, annotate, configure};
pub use error::Error;

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
//! # What the proto files say
//!
//! The owners of an API declare once which calls are public and which must not be sent twice, and every client that is
//! generated here obeys:
//!
//! ```text
//! syntax = "proto3";
//! package shop.v1;
//!
//! import "authenticated_client/options.proto"; // this crate brings it along
//!
//! service Shop {
//!   option (authenticated_client.service).replay_buffer_bytes = 65536;
//!
//!   rpc Version(VersionRequest) returns (VersionResponse) {
//!     option (authenticated_client.method).public = true;
//!   }
//!   rpc Pay(PayRequest) returns (PayResponse) {
//!     option (authenticated_client.method).no_replay = true;
//!   }
//!   rpc Upload(stream Part) returns (UploadResponse);
//! }
//! ```
//!
//! A method's option counts before its service's, and what a build script sets counts before both:
//! [`unauthenticated`](Builder::unauthenticated) is `public`, [`no_replay`](Builder::no_replay) and
//! [`replay_buffer_bytes`](Builder::replay_buffer_bytes) are called alike, and [`ignore_options`](Builder::ignore_options)
//! takes them all back. Options that contradict each other are an error, and so are those that a later version of this crate
//! has added. They are read from `.proto` files and from encoded descriptor sets; [`Builder::compile_fds`] and [`annotate`],
//! which cannot see them, end with an error where the file is imported.
//!
//! Where a service has Google's `google.api.default_host`, its client has the constant `DEFAULT_HOST`:
//!
//! ```text
//! let endpoint = format!("https://{}", AuthenticatedPublisherClient::DEFAULT_HOST);
//! ```
//!
//! # What cannot be read
//!
//! protox reads nearly all that protoc does. For the rest, [`Builder::protoc`] compiles with an installed protoc. Files
//! written in an edition of protobuf (`edition = "2023"`) are an error: prost generates no code for them, whoever compiles
//! them.
//!
//! # A builder that exists
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
mod caught;
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

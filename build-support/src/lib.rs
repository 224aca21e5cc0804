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
//! # Lints
//!
//! The authenticated clients set off no lint of rustc or clippy, pedantic and restricting ones included, that tonic's own
//! clients do not set off: what you allow around `tonic::include_proto!` is for those and for prost's messages. One is
//! set off twice where a service has a method called `Clone` or `Fmt`: `clippy::same_name_method`.
//!
//! # A builder that exists
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

mod allowed;
mod builder;
mod caught;
mod compile;
mod edition;
mod error;
mod expansion_file;
mod input;
mod lost_options;
mod options;
mod paths;
mod protoc;
mod read_back;
mod rerun;

pub use builder::{Builder, annotate, configure};
pub use error::Error;

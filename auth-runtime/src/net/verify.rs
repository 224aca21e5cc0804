//! How a server's certificate is verified, for gRPC and for OAuth alike.

use std::path::PathBuf;

/// Which certificates are trusted (flytekit's `verify`).
///
/// One choice for the gRPC channel and for every request to the identity provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verify {
    /// The certificates that the operating system trusts.
    #[default]
    System,
    /// Only those in a PEM file.
    CaFile(PathBuf),
    /// Any certificate for any name: the peer is not verified at all and credentials can be stolen on the way. For
    /// tests.
    InsecureSkip,
}

//! How a server's certificate is verified, for gRPC and for OAuth alike.

use std::path::PathBuf;

/// Which certificates are trusted.
///
/// One choice for the gRPC channel and for every request to the identity provider.
///
/// ```
/// use auth_runtime::{Authenticator, Verify};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com")
///     .verify(Verify::CaFile("/etc/ssl/our-own-authority.pem".into()))
///     .build()?;
/// # Ok(()) }
/// ```
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

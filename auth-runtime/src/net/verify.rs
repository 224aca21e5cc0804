//! How a server's certificate is verified, for gRPC and for OAuth alike.

use std::{fmt, path::PathBuf};

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
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verify {
    /// The certificates that the operating system trusts.
    #[default]
    System,
    /// Only what is in a PEM file: what authorities in it signed, and a server's own certificate if that stands in it.
    /// The file is read anew for each connection and each login, so that a changed one counts from the next on.
    CaFile(PathBuf),
    /// The same, in memory.
    CaPem(Vec<u8>),
    /// Any certificate for any name: the peer is not verified at all and credentials can be stolen on the way. For
    /// tests.
    InsecureSkip,
}

/// Without the bytes of certificates.
impl fmt::Debug for Verify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::CaFile(path) => f.debug_tuple("CaFile").field(path).finish(),
            Self::CaPem(_) => f.debug_tuple("CaPem").finish_non_exhaustive(),
            Self::InsecureSkip => f.write_str("InsecureSkip"),
        }
    }
}

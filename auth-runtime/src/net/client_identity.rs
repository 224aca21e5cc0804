//! The certificate by which a client proves who it is.

use std::{fmt, path::PathBuf, sync::Arc};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _};
use secrecy::{ExposeSecret as _, SecretSlice};

use crate::{AuthError, limits, user_file};

const SETTING: &str = "client_identity";

/// A client certificate with its key, for servers that want one (mutual TLS).
///
/// ```
/// use auth_runtime::{Authenticator, ClientIdentity};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com")
///     .client_identity(ClientIdentity::files("/etc/ours/client.pem", "/etc/ours/client.key"))
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ClientIdentity {
    source: Source,
}

#[derive(Clone)]
enum Source {
    Pem { certificates: Arc<[u8]>, key: Arc<SecretSlice<u8>> },
    Files { certificates: PathBuf, key: PathBuf },
}

/// What a handshake needs.
pub(super) struct Read {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl ClientIdentity {
    /// PEM in memory: the client's certificate, followed by those between it and an authority that the server knows,
    /// and the private key.
    pub fn pem(certificates: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        let (certificates, key) = (certificates.into().into(), Arc::new(SecretSlice::from(key.into())));
        Self { source: Source::Pem { certificates, key } }
    }

    /// The same in files, which are read anew for each connection, so that a renewed certificate counts from the next
    /// connection on. Both may be one file.
    pub fn files(certificates: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { source: Source::Files { certificates: certificates.into(), key: key.into() } }
    }

    /// Reads certificates and key.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for what cannot be read, with none of the
    /// content.
    pub(super) fn read(&self) -> Result<Read, AuthError> {
        match &self.source {
            Source::Pem { certificates, key } => Ok(Read {
                certificates: certificates_of(certificates, "the PEM of the certificate")?,
                key: key_of(key.expose_secret(), "the PEM of the key")?,
            }),
            Source::Files { certificates, key } => {
                let content = |path: &PathBuf| {
                    user_file::read(path, limits::MAX_CA_BYTES)
                        .map_err(|error| refuse(format!("{} cannot be read ({error})", path.display())))
                };
                let secret = SecretSlice::from(content(key)?);
                Ok(Read {
                    certificates: certificates_of(&content(certificates)?, &certificates.display().to_string())?,
                    key: key_of(secret.expose_secret(), &key.display().to_string())?,
                })
            }
        }
    }
}

fn certificates_of(pem: &[u8], shown: &str) -> Result<Vec<CertificateDer<'static>>, AuthError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| refuse(format!("{shown} is damaged; it must be PEM")))?;
    match certificates.is_empty() {
        true => Err(refuse(format!(
            "{shown} holds no certificate; it must have at least one `-----BEGIN CERTIFICATE-----` block"
        ))),
        false => Ok(certificates),
    }
}

fn key_of(pem: &[u8], shown: &str) -> Result<PrivateKeyDer<'static>, AuthError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        pem::Error::NoItemsFound if pem.windows(9).any(|window| window == b"ENCRYPTED") => {
            refuse(format!("{shown} holds an encrypted key; decrypt it, for instance with `openssl pkey`"))
        }
        pem::Error::NoItemsFound => {
            refuse(format!("{shown} holds no private key; it must have a `-----BEGIN PRIVATE KEY-----` block"))
        }
        // What else there is to say could hold some of the key.
        _ => refuse(format!("{shown} is damaged; it must be PEM")),
    })
}

fn refuse(reason: String) -> AuthError {
    AuthError::configuration(SETTING, reason)
}

/// A key that does not belong to the certificate, or that the cryptography cannot use.
pub(super) fn unusable(error: &rustls::Error) -> AuthError {
    refuse(format!("certificate and key cannot be used together ({error}); name those that belong to each other"))
}

/// Without the key.
impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ClientIdentity");
        if let Source::Files { certificates, key } = &self.source {
            shown.field("certificates", certificates).field("key", key);
        }
        shown.finish_non_exhaustive()
    }
}

//! Which certificates are trusted: one source for the gRPC channel and for OAuth's HTTP.

mod explain;
mod named;
mod unverified;

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    client::danger::ServerCertVerifier,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject as _},
};

pub(super) use self::explain::explain;
use self::{named::Named, unverified::Unverified};
use super::client_identity::{self, ClientIdentity};
use crate::{AuthError, Verify, limits, user_file};

const SETTING: &str = "verify";

/// HTTP/2 in the handshake's choice of protocols (RFC 9113 section 3.2).
#[cfg(feature = "transport")]
pub(super) const HTTP2: &[u8] = b"h2";

/// The cryptography: what the process has installed, else what the feature `tls-ring` brings. Never left to rustls,
/// which panics where none is installed and two are in the tree.
fn provider() -> Result<Arc<CryptoProvider>, AuthError> {
    if let Some(installed) = CryptoProvider::get_default() {
        return Ok(Arc::clone(installed));
    }
    #[cfg(feature = "tls-ring")]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(feature = "tls-ring"))]
    Err(AuthError::configuration(
        SETTING,
        "this program has no cryptography; install a rustls::crypto::CryptoProvider, or enable the feature `tls-ring`",
    ))
}

/// The verifier for a choice.
///
/// Reads the trusted certificates anew each time, so that changed ones count from the next connection or login on.
/// Costs some milliseconds of blocking file reads for [`Verify::System`].
///
/// # Errors
///
/// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) where there is no usable certificate to trust.
fn verifier(verify: &Verify) -> Result<Arc<dyn ServerCertVerifier>, AuthError> {
    match verify {
        Verify::System => rustls_platform_verifier::Verifier::new(provider()?)
            .map(|verifier| Arc::new(verifier) as Arc<dyn ServerCertVerifier>)
            .map_err(|error| {
                AuthError::configuration(
                    SETTING,
                    format!(
                        "the certificates that this system trusts cannot be used ({error}); \
                     install them (often a package named ca-certificates), or name a file with Verify::CaFile"
                    ),
                )
            }),
        Verify::CaFile(path) => {
            let shown = path.display().to_string();
            let content = user_file::read(path, limits::MAX_CA_BYTES).map_err(|error| unreadable(&shown, &error))?;
            named(&shown, &content)
        }
        Verify::CaPem(pem) => named("the PEM of Verify::CaPem", pem),
        Verify::InsecureSkip => Ok(Arc::new(Unverified::new(provider()?))),
    }
}

/// A client's TLS settings for HTTP, with what the client proves itself by. Files are read anew each time.
///
/// # Errors
///
/// As [`verifier`], and for an identity that cannot be used.
pub(crate) fn client_config(verify: &Verify, identity: Option<&ClientIdentity>) -> Result<ClientConfig, AuthError> {
    let builder = builder()?.dangerous().with_custom_certificate_verifier(verifier(verify)?);
    match identity {
        Some(identity) => {
            let identity = identity.read()?;
            builder
                .with_client_auth_cert(identity.certificates, identity.key)
                .map_err(|error| client_identity::unusable(&error))
        }
        None => Ok(builder.with_no_client_auth()),
    }
}

/// The same for gRPC.
///
/// # Errors
///
/// As [`client_config`].
#[cfg(feature = "transport")]
pub(crate) fn grpc_config(verify: &Verify, identity: Option<&ClientIdentity>) -> Result<ClientConfig, AuthError> {
    let mut config = client_config(verify, identity)?;
    config.alpn_protocols = vec![HTTP2.to_vec()];
    Ok(config)
}

/// TLS settings that trust nobody, for connections that never use TLS: they must not fail for want of certificates.
#[cfg(feature = "oauth")]
pub(crate) fn client_config_without_trust() -> Result<ClientConfig, AuthError> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, AuthError> {
    ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(|error| AuthError::configuration(SETTING, format!("TLS cannot be set up: {error}")))
}

fn unreadable(shown: &str, error: &dyn std::fmt::Display) -> AuthError {
    AuthError::configuration(SETTING, format!("{shown} cannot be read ({error}); name a file of PEM certificates"))
}

fn named(shown: &str, pem: &[u8]) -> Result<Arc<dyn ServerCertVerifier>, AuthError> {
    let (mut roots, mut certificates) = (RootCertStore::empty(), Vec::new());
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| unreadable(shown, &error))?;
        roots.add(certificate.clone()).map_err(|error| {
            AuthError::configuration(
                SETTING,
                format!("{shown} holds a certificate that cannot be used ({error}); remove or replace it"),
            )
        })?;
        certificates.push(certificate);
    }
    if roots.is_empty() {
        return Err(AuthError::configuration(
            SETTING,
            format!("{shown} holds no certificate; it must have at least one `-----BEGIN CERTIFICATE-----` block"),
        ));
    }
    let verifier = Named::new(roots, certificates, provider()?)
        .map_err(|error| AuthError::configuration(SETTING, format!("{shown}: {error}")))?;
    Ok(Arc::new(verifier))
}

#[cfg(all(test, feature = "tls-ring"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn what_the_process_installed_wins_over_what_the_feature_brings() {
        let order = |provider: &CryptoProvider| -> Vec<_> {
            provider.cipher_suites.iter().map(rustls::SupportedCipherSuite::suite).collect()
        };
        let mut own = rustls::crypto::ring::default_provider();
        assert_eq!(order(&provider().unwrap()), order(&own));
        own.cipher_suites.reverse();
        let reversed = order(&own);
        own.install_default().unwrap();
        assert_eq!(order(&provider().unwrap()), reversed);
    }
}

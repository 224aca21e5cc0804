//! Which certificates are trusted: one source for the gRPC channel and for OAuth's HTTP.

mod unverified;

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use self::unverified::Unverified;
use crate::{AuthError, Verify, limits, user_file};

const SETTING: &str = "verify";

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
        "TLS",
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
pub(crate) fn verifier(verify: &Verify) -> Result<Arc<dyn ServerCertVerifier>, AuthError> {
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
            let roots = read_certificates(path)?;
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()?)
                .build()
                .map(|verifier| verifier as Arc<dyn ServerCertVerifier>)
                .map_err(|error| AuthError::configuration(SETTING, format!("{}: {error}", path.display())))
        }
        Verify::InsecureSkip => Ok(Arc::new(Unverified::new(provider()?))),
    }
}

/// A client's TLS settings for HTTP.
///
/// # Errors
///
/// As [`verifier`].
pub(crate) fn client_config(verify: &Verify) -> Result<ClientConfig, AuthError> {
    let verifier = verifier(verify)?;
    Ok(builder()?.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// TLS settings that trust nobody, for connections that never use TLS: they must not fail for want of certificates.
pub(crate) fn client_config_without_trust() -> Result<ClientConfig, AuthError> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, AuthError> {
    ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(|error| AuthError::configuration(SETTING, format!("TLS cannot be set up: {error}")))
}

fn read_certificates(path: &Path) -> Result<RootCertStore, AuthError> {
    let shown = path.display();
    let unreadable = |error: &dyn std::fmt::Display| {
        AuthError::configuration(SETTING, format!("{shown} cannot be read ({error}); name a file of PEM certificates"))
    };
    let content = user_file::read(path, limits::MAX_CA_BYTES).map_err(|error| unreadable(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&content) {
        roots.add(certificate.map_err(|error| unreadable(&error))?).map_err(|error| {
            AuthError::configuration(
                SETTING,
                format!("{shown} holds a certificate that cannot be used ({error}); remove or replace it"),
            )
        })?;
    }
    if roots.is_empty() {
        return Err(AuthError::configuration(
            SETTING,
            format!("{shown} holds no certificate; it must have at least one `-----BEGIN CERTIFICATE-----` block"),
        ));
    }
    Ok(roots)
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

//! Certificates that an authority of the test's own has signed.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        DEFAULT_VERSIONS, ServerConfig, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
        version::TLS12,
    },
};

const ONLY_TLS12: &[&SupportedProtocolVersion] = &[&TLS12];

/// A server's certificate, and the authority that signed it, which no system trusts.
#[derive(Debug)]
pub struct Certificates {
    directory: TempDir,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key: Vec<u8>,
    key_pem: String,
    versions: &'static [&'static SupportedProtocolVersion],
}

impl Certificates {
    /// A certificate for these names (or IP addresses).
    pub fn naming(names: &[&str]) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();

        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();

        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("authority.pem"), authority.pem()).unwrap();
        Self {
            directory,
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            key: key.serialize_der(),
            key_pem: key.serialize_pem(),
            versions: DEFAULT_VERSIONS,
        }
    }

    /// Lets the server speak TLS 1.2 and nothing newer.
    #[must_use]
    pub fn over_tls12(self) -> Self {
        Self { versions: ONLY_TLS12, ..self }
    }

    /// A PEM file with the authority's certificate.
    pub fn authority_file(&self) -> PathBuf {
        self.directory.path().join("authority.pem")
    }

    /// PEM files with the server's certificate and key, for servers that are programs of their own.
    pub fn identity_files(&self) -> [PathBuf; 2] {
        let files = ["certificate.pem", "key.pem"].map(|name| self.directory.path().join(name));
        std::fs::write(&files[0], &self.certificate_pem).unwrap();
        std::fs::write(&files[1], &self.key_pem).unwrap();
        files
    }

    /// The server's certificate and key in PEM, for tonic's server.
    pub fn identity(&self) -> (&str, &str) {
        (&self.certificate_pem, &self.key_pem)
    }

    /// The server's side of TLS.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor_of(&[])
    }

    /// TLS in front of a gRPC server that speaks none. It says that it speaks HTTP/2.
    pub async fn in_front_of(&self, server: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = self.acceptor_of(&[b"h2"]);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut behind = TcpStream::connect(server).await.unwrap();
                    // A client that does not trust the certificate goes away here.
                    if let Ok(mut stream) = acceptor.accept(stream).await {
                        let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
                    }
                });
            }
        });
        address
    }

    fn acceptor_of(&self, protocols: &[&[u8]]) -> TlsAcceptor {
        let key = PrivateKeyDer::try_from(self.key.clone()).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

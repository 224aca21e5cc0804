//! Certificates that an authority of the test's own has signed.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        DEFAULT_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
        server::WebPkiClientVerifier,
        version::TLS12,
    },
};

const ONLY_TLS12: &[&SupportedProtocolVersion] = &[&TLS12];

/// A server's certificate, and the authority that signed it, which no system trusts.
#[derive(Debug)]
pub struct Certificates {
    directory: TempDir,
    authority: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key: Vec<u8>,
    key_pem: String,
    client: (String, String),
    versions: &'static [&'static SupportedProtocolVersion],
    wants_clients_certificate: bool,
    lets_in_without: bool,
}

impl Certificates {
    /// A certificate for these names (or IP addresses).
    pub fn naming(names: &[&str]) -> Self {
        Self::with_years(names, 1975, 4096)
    }

    /// A certificate for these names that is valid from the first day of a year to that of another.
    pub fn with_years(names: &[&str], from: i32, until: i32) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params_naming(names, from, until).signed_by(&key, &authority).unwrap();
        let client_key = KeyPair::generate().unwrap();
        let client = params_naming(&["client"], 1975, 4096).signed_by(&client_key, &authority).unwrap();
        let client = (client.pem(), client_key.serialize_pem());
        Self::new(authority.der().clone(), &authority.pem(), &certificate, &key, client)
    }

    /// A certificate that is its own authority, and stands in the file of authorities itself: with `openssl req -x509`
    /// it says that it is one (`is_authority`), with other tools it does not.
    pub fn self_signed(names: &[&str], is_authority: bool, from: i32, until: i32) -> Self {
        let mut params = params_naming(names, from, until);
        if is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self::new(certificate.der().clone(), &certificate.pem(), &certificate, &key, Default::default())
    }

    /// A certificate for a client, which a server presents all the same.
    pub fn of_a_client(names: &[&str]) -> Self {
        let mut params = params_naming(names, 1975, 4096);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        Self::new(authority.der().clone(), &authority.pem(), &certificate, &key, Default::default())
    }

    fn new(
        authority: CertificateDer<'static>,
        authority_pem: &str,
        certificate: &rcgen::Certificate,
        key: &KeyPair,
        client: (String, String),
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("authority.pem"), authority_pem).unwrap();
        Self {
            directory,
            authority,
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            key: key.serialize_der(),
            key_pem: key.serialize_pem(),
            client,
            versions: DEFAULT_VERSIONS,
            wants_clients_certificate: false,
            lets_in_without: false,
        }
    }

    /// Lets the server speak TLS 1.2 and nothing newer.
    #[must_use]
    pub fn over_tls12(self) -> Self {
        Self { versions: ONLY_TLS12, ..self }
    }

    /// Lets the server refuse clients without a certificate of the same authority.
    #[must_use]
    pub fn wanting_a_clients(self) -> Self {
        Self { wants_clients_certificate: true, ..self }
    }

    /// Lets in clients without any certificate as well.
    #[must_use]
    pub fn if_it_has_one(self) -> Self {
        Self { lets_in_without: true, ..self }
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

    /// A client's certificate of the same authority, and its key, in PEM.
    pub fn clients(&self) -> (&str, &str) {
        (&self.client.0, &self.client.1)
    }

    /// The server's side of TLS.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor_of(&[])
    }

    /// TLS in front of a gRPC server that speaks none. It says that it speaks HTTP/2.
    pub async fn in_front_of(&self, server: SocketAddr) -> SocketAddr {
        self.saying(&[b"h2"], server).await
    }

    /// TLS in front of a server, which says that it speaks these protocols.
    pub async fn saying(&self, protocols: &[&[u8]], server: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = self.acceptor_of(protocols);
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
        let provider = Arc::new(ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(self.versions).unwrap();
        let builder = match self.wants_clients_certificate {
            true => {
                let mut roots = RootCertStore::empty();
                roots.add(self.authority.clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = if self.lets_in_without { verifier.allow_unauthenticated() } else { verifier };
                let verifier = verifier.build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
            false => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(vec![self.certificate.clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn params_naming(names: &[&str], from: i32, until: i32) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params
}

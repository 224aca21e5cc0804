//! A client certificate for the connection, and a token for each call.
#![forbid(unsafe_code)]

use std::error::Error;

use auth_runtime::{Authenticator, ClientIdentity, Verify, flow::StaticToken};
use greeter::{
    GreetRequest, GreetResponse,
    greeter_client::AuthenticatedGreeterClient,
    greeter_server::{Greeter, GreeterServer},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    transport::{Certificate, Identity, Server, ServerTlsConfig},
};

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
mod greeter {
    tonic::include_proto!("greeter");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authority = authority()?;
    let endpoint = start_server(&authority).await?;
    let (certificate, key) = issue(&authority, "client")?;

    let builder = || {
        let verify = Verify::CaPem(authority.pem().into_bytes());
        Authenticator::builder(&endpoint).verify(verify).flow(StaticToken::new("opensesame"))
    };
    // `ClientIdentity::files` reads the files anew for each connection, so that renewed certificates need no restart.
    let authenticator = builder().client_identity(ClientIdentity::pem(certificate, key)).build()?;
    let client = AuthenticatedGreeterClient::new(authenticator.connect().await?);

    let response = client.greet(GreetRequest { name: "Ali".into() }).await?;
    println!("{}", response.into_inner().greeting);

    let Err(error) = builder().build()?.connect().await else { return Err("no certificate was wanted".into()) };
    println!("without a certificate: {error}");
    Ok(())
}

/// Greets those who have shown a certificate and carry the token.
struct Doorkeeper;

#[tonic::async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        let certificates = request.peer_certs().map_or(0, |certificates| certificates.len());
        match request.metadata().get("authorization") {
            Some(value) if value == "Bearer opensesame" && certificates == 1 => {
                Ok(Response::new(GreetResponse { greeting: format!("Come in, {}.", request.into_inner().name) }))
            }
            _ => Err(Status::unauthenticated("nobody comes in without the word")),
        }
    }
}

/// Signs for server and clients.
fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

/// A certificate for this name, and its key.
fn issue(authority: &CertifiedIssuer<'_, KeyPair>, name: &str) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new([name.to_owned()])?.signed_by(&key, authority)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

async fn start_server(authority: &CertifiedIssuer<'_, KeyPair>) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("https://{}", listener.local_addr()?);
    let (certificate, key) = issue(authority, "127.0.0.1")?;
    let tls = ServerTlsConfig::new()
        .identity(Identity::from_pem(certificate, key))
        .client_ca_root(Certificate::from_pem(authority.pem()));
    let server = Server::builder().tls_config(tls)?.add_service(GreeterServer::new(Doorkeeper));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    Ok(endpoint)
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}

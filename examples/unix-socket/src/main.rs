//! Calls over a socket in the file system, with a connector of one's own.
#![forbid(unsafe_code)]

use std::{error::Error, path::Path};

use auth_runtime::{Authenticator, flow::StaticToken};
use greeter::{
    GreetRequest, GreetResponse,
    greeter_client::AuthenticatedGreeterClient,
    greeter_server::{Greeter, GreeterServer},
};
use hyper_util::rt::TokioIo;
use tokio::net::{UnixListener, UnixStream};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{
    Request, Response, Status,
    transport::{Server, Uri},
};
use tower::service_fn;

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
mod greeter {
    tonic::include_proto!("greeter");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("greeter.sock");
    start_server(&socket)?;

    // The name is the one that the server goes by: logins are kept for it. A socket of this machine needs no TLS.
    let authenticator = Authenticator::builder("http://localhost").flow(StaticToken::new("opensesame")).build()?;
    let connector = service_fn(move |_: Uri| {
        let connecting = UnixStream::connect(socket.clone());
        async { connecting.await.map(TokioIo::new) }
    });
    let client = AuthenticatedGreeterClient::new(authenticator.connect_with_connector(connector).await?);

    let response = client.greet(GreetRequest { name: "Ali".into() }).await?;
    println!("{}", response.into_inner().greeting);
    Ok(())
}

/// Greets those who carry the token.
struct Doorkeeper;

#[tonic::async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        match request.metadata().get("authorization") {
            Some(value) if value == "Bearer opensesame" => {
                Ok(Response::new(GreetResponse { greeting: format!("Come in, {}.", request.into_inner().name) }))
            }
            _ => Err(Status::unauthenticated("nobody comes in without the word")),
        }
    }
}

fn start_server(socket: &Path) -> Result<(), Box<dyn Error>> {
    let incoming = UnixListenerStream::new(UnixListener::bind(socket)?);
    tokio::spawn(Server::builder().add_service(GreeterServer::new(Doorkeeper)).serve_with_incoming(incoming));
    Ok(())
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}

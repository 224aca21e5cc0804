//! The least it takes: one proto, one line in the build script, one authenticated call.
#![forbid(unsafe_code)]

use std::error::Error;

use auth_runtime::{Authenticator, flow::StaticToken};
use greeter::{
    GreetRequest, GreetResponse,
    greeter_client::AuthenticatedGreeterClient,
    greeter_server::{Greeter, GreeterServer},
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
mod greeter {
    tonic::include_proto!("greeter");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authenticator = Authenticator::builder(start_server().await?).flow(StaticToken::new("opensesame")).build()?;
    let client = AuthenticatedGreeterClient::new(authenticator.connect().await?);

    let answer = client.greet(GreetRequest { name: "Ali".into() }).await?;
    println!("{}", answer.into_inner().greeting);
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

async fn start_server() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let incoming = TcpListenerStream::new(listener);
    tokio::spawn(Server::builder().add_service(GreeterServer::new(Doorkeeper)).serve_with_incoming(incoming));
    Ok(endpoint)
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}

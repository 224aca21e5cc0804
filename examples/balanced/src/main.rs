//! One session over a channel that spreads its calls over several servers.
#![forbid(unsafe_code)]

use std::{collections::HashSet, error::Error};

use auth_runtime::{Authenticator, flow::StaticToken};
use greeter::{
    GreetRequest, GreetResponse,
    greeter_client::AuthenticatedGreeterClient,
    greeter_server::{Greeter, GreeterServer},
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    transport::{Channel, Endpoint, Server},
};

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
mod greeter {
    tonic::include_proto!("greeter");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut servers: Vec<Endpoint> = Vec::new();
    for name in ["the first server", "the second server", "the third server"] {
        servers.push(start_server(name).await?.try_into()?);
    }

    // One name for all servers: logins are kept for it. `over` takes your word that the channel leads to them.
    let authenticator = Authenticator::builder("http://localhost").flow(StaticToken::new("opensesame")).build()?;
    let balanced = Channel::balance_list(servers.into_iter());
    let client = AuthenticatedGreeterClient::new(authenticator.over(balanced));

    let mut greeters = HashSet::new();
    for _ in 0..200 {
        greeters.insert(client.greet(GreetRequest { name: "Ali".into() }).await?.into_inner().greeting);
    }
    println!("{greeters:?}, after {} login", authenticator.statistics().logins());
    if greeters.len() == 3 && authenticator.statistics().logins() == 1 { Ok(()) } else { Err("not balanced".into()) }
}

/// Greets those who carry the token.
struct Doorkeeper(&'static str);

#[tonic::async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        match request.metadata().get("authorization") {
            Some(value) if value == "Bearer opensesame" => {
                let name = request.into_inner().name;
                Ok(Response::new(GreetResponse { greeting: format!("Come in, {name}, says {}.", self.0) }))
            }
            _ => Err(Status::unauthenticated("nobody comes in without the word")),
        }
    }
}

async fn start_server(name: &'static str) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let incoming = TcpListenerStream::new(listener);
    tokio::spawn(Server::builder().add_service(GreeterServer::new(Doorkeeper(name))).serve_with_incoming(incoming));
    Ok(endpoint)
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}

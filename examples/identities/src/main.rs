//! Several users over one connection: each has a session of their own, and no call goes out as somebody else.
#![forbid(unsafe_code)]

use std::{
    collections::HashSet,
    error::Error,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use auth_runtime::{Authenticator, flow::StaticToken};
use greeter::{
    GreetRequest, GreetResponse,
    greeter_client::AuthenticatedGreeterClient,
    greeter_server::{Greeter, GreeterServer},
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    transport::{Endpoint, Server},
};

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
mod greeter {
    tonic::include_proto!("greeter");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let connections = Connections::default();
    let endpoint = start_server(Arc::clone(&connections)).await?;

    let connection = Endpoint::try_from(endpoint.clone())?.connect().await?;
    let client_of = |user: &str| {
        let authenticator =
            Authenticator::builder(&endpoint).flow(StaticToken::new(format!("token-of-{user}"))).build()?;
        Ok::<_, Box<dyn Error>>(AuthenticatedGreeterClient::new(authenticator.over(connection.clone())))
    };
    let (ali, cassim) = (client_of("Ali")?, client_of("Cassim")?);

    let mut calls = JoinSet::new();
    for _ in 0..100 {
        calls.spawn(ali.greet(GreetRequest { name: "Ali".into() }));
        calls.spawn(cassim.greet(GreetRequest { name: "Cassim".into() }));
    }
    while let Some(call) = calls.join_next().await {
        call??;
    }
    let used = connections.lock().map_err(|_| "the server panicked")?.len();
    println!("200 calls of two users over {used} connection");
    if used == 1 { Ok(()) } else { Err("one connection was to be enough".into()) }
}

/// Where calls came from.
type Connections = Arc<Mutex<HashSet<Option<SocketAddr>>>>;

/// Greets only those whom the token names.
struct Doorkeeper(Connections);

#[tonic::async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        self.0.lock().map_err(|_| Status::internal("poisoned"))?.insert(request.remote_addr());
        let token = request.metadata().get("authorization").cloned();
        let name = request.into_inner().name;
        match token {
            Some(token) if token == format!("Bearer token-of-{name}") => {
                Ok(Response::new(GreetResponse { greeting: format!("Come in, {name}.") }))
            }
            Some(_) => Err(Status::permission_denied("that is somebody else's token")),
            None => Err(Status::unauthenticated("nobody comes in without a token")),
        }
    }
}

async fn start_server(connections: Connections) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let service = GreeterServer::new(Doorkeeper(connections));
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));
    Ok(endpoint)
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}

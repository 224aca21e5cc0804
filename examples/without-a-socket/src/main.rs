//! A user's own tests: client and server meet in memory, and tokens follow a script.
#![forbid(unsafe_code)]

use std::{error::Error, io, sync::Mutex, time::Duration};

use auth_runtime::{AuthError, AuthenticatedChannel, Authenticator, Credentials, Flow, FlowContext};
use greeter::{
    GreetRequest, GreetResponse,
    greeter_client::AuthenticatedGreeterClient,
    greeter_server::{Greeter, GreeterServer},
};
use hyper_util::rt::TokioIo;
use tonic::{
    Code, Request, Response, Status,
    transport::{Server, Uri},
};
use tower::service_fn;

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
mod greeter {
    tonic::include_proto!("greeter");
}

/// What is tested: a function of yours that makes calls.
async fn welcome(client: &AuthenticatedGreeterClient, name: &str) -> Result<String, Status> {
    Ok(client.greet(GreetRequest { name: name.into() }).await?.into_inner().greeting)
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn Error>> {
    let hour = Duration::from_secs(3600);
    let client =
        client(["revoked", "monday", "tuesday"].map(|token| Credentials::new(token).with_expires_in(hour))).await?;
    println!("a rejected token: {}", welcome(&client, "Ali").await?);
    // No hour passes: time stands still but for this.
    tokio::time::advance(hour).await;
    println!("an expired token: {}", welcome(&client, "Cassim").await?);
    tokio::time::advance(hour).await;
    match welcome(&client, "Morgiana").await {
        Err(status) if status.code() == Code::Unauthenticated => println!("no tokens any more: {}", status.message()),
        other => return Err(format!("{other:?}").into()),
    }
    let statistics = client.authenticator().statistics();
    println!("{statistics:?}");
    if (statistics.refreshes(), statistics.replays()) == (2, 1) { Ok(()) } else { Err("not as the script says".into()) }
}

/// Brings what the script says, from the last to the first.
struct Script(Mutex<Vec<Credentials>>);

impl Flow for Script {
    async fn refresh_credentials(&self, _: &FlowContext, _: Option<&Credentials>) -> Result<Credentials, AuthError> {
        let next = self.0.lock().map_err(|_| AuthError::permanent("poisoned"))?.pop();
        next.ok_or_else(|| AuthError::permanent("the script is over"))
    }
}

/// A client whose logins follow the script, with a server of its own.
async fn client(script: [Credentials; 3]) -> Result<AuthenticatedGreeterClient, AuthError> {
    let script = script.into_iter().rev().collect();
    let authenticator =
        Authenticator::builder("http://localhost").flow(Script(Mutex::new(script))).login_first(true).build()?;
    Ok(AuthenticatedGreeterClient::new(in_memory(&authenticator, GreeterServer::new(Doorkeeper)).await?))
}

/// A channel to a server in the same process: all is real but for the socket.
async fn in_memory(
    authenticator: &Authenticator,
    service: GreeterServer<Doorkeeper>,
) -> Result<AuthenticatedChannel, AuthError> {
    let connector = service_fn(move |_: Uri| {
        let (here, there) = tokio::io::duplex(64 * 1024);
        let incoming = tokio_stream::once(Ok::<_, io::Error>(there));
        tokio::spawn(Server::builder().add_service(service.clone()).serve_with_incoming(incoming));
        async { Ok::<_, io::Error>(TokioIo::new(here)) }
    });
    authenticator.connect_with_connector(connector).await
}

/// Greets those who carry a token that was not revoked.
struct Doorkeeper;

#[tonic::async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        match request.metadata().get("authorization").map(|value| value.as_bytes()) {
            Some(b"Bearer monday" | b"Bearer tuesday") => {
                Ok(Response::new(GreetResponse { greeting: format!("Come in, {}.", request.into_inner().name) }))
            }
            _ => Err(Status::unauthenticated("that token does not count")),
        }
    }
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}

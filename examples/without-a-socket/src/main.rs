//! A user's own tests: client and server meet in memory, and tokens do as the test says.
#![forbid(unsafe_code)]

use std::{error::Error, io, time::Duration};

use auth_runtime::{AuthError, AuthenticatedChannel, Authenticator, testing::ScriptedLogin};
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
    let login = ScriptedLogin::new().expires_in(hour);
    let client = client(&login).await?;
    println!("a good token: {}", welcome(&client, "Ali").await?);
    login.revoke_all();
    println!("a rejected token: {}", welcome(&client, "Cassim").await?);
    // No hour passes: time stands still but for this.
    tokio::time::advance(hour).await;
    println!("an expired token: {}", welcome(&client, "Morgiana").await?);
    tokio::time::advance(hour).await;
    login.then_fail(AuthError::permanent("the cave is shut"));
    match welcome(&client, "Ali").await {
        Err(status) if status.code() == Code::Unauthenticated => println!("no tokens any more: {}", status.message()),
        other => return Err(format!("{other:?}").into()),
    }
    let statistics = client.authenticator().statistics();
    println!("{statistics:?}");
    if (statistics.refreshes(), statistics.replays()) == (2, 1) { Ok(()) } else { Err("not as the script says".into()) }
}

/// A client whose logins do as the test says, with a server of its own.
async fn client(login: &ScriptedLogin) -> Result<AuthenticatedGreeterClient, AuthError> {
    let authenticator = Authenticator::builder("http://localhost").flow(login.clone()).login_first(true).build()?;
    let service = GreeterServer::new(Doorkeeper(login.clone()));
    Ok(AuthenticatedGreeterClient::new(in_memory(&authenticator, service).await?))
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

/// Greets those who carry a token of the login that was not revoked.
struct Doorkeeper(ScriptedLogin);

#[tonic::async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        self.0.check(request.metadata())?;
        Ok(Response::new(GreetResponse { greeting: format!("Come in, {}.", request.into_inner().name) }))
    }
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}

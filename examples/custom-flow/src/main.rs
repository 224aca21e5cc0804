//! A flow of one's own: where credentials come from is up to you; when to ask for them is not your concern.
#![forbid(unsafe_code)]

use std::{
    error::Error,
    sync::atomic::{AtomicU32, Ordering},
};

use auth_runtime::{AuthError, Authenticator, Credentials, Flow, FlowContext};
use greeter::{
    GreetRequest, GreetResponse,
    greeter_client::AuthenticatedGreeterClient,
    greeter_server::{Greeter, GreeterServer},
};
use tokio::{net::TcpListener, try_join};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

#[allow(unreachable_pub, reason = "tonic generates for libraries")]
mod greeter {
    tonic::include_proto!("greeter");
}

/// Hands out a password of the day. A real flow would ask a vault or a metadata server; `previous` is what expired or
/// was rejected.
struct PasswordOfTheDay;

impl Flow for PasswordOfTheDay {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        let today = if previous.is_some() { "tuesday" } else { "monday" };
        println!("the flow brings {today}'s password for {}", context.endpoint());
        Ok(Credentials::new(today))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authenticator = Authenticator::builder(start_server().await?).flow(PasswordOfTheDay).build()?;
    let client = AuthenticatedGreeterClient::new(authenticator.connect().await?);

    // Two calls at once, one login. Monday ends with the third greeting, so a third call is replayed on Tuesday.
    let greet = |name: &str| client.greet(GreetRequest { name: name.into() });
    let (first, second) = try_join!(greet("Ali"), greet("Cassim"))?;
    let third = greet("Morgiana").await?;
    for answer in [first, second, third] {
        println!("{}", answer.into_inner().greeting);
    }
    println!("{:?}", authenticator.statistics());
    Ok(())
}

/// Accepts Monday's password for two greetings, then Tuesday's.
#[derive(Default)]
struct Doorkeeper {
    greeted: AtomicU32,
}

#[tonic::async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        let today = if self.greeted.load(Ordering::Relaxed) < 2 { "Bearer monday" } else { "Bearer tuesday" };
        match request.metadata().get("authorization") {
            Some(value) if value == today => {
                self.greeted.fetch_add(1, Ordering::Relaxed);
                Ok(Response::new(GreetResponse { greeting: format!("Come in, {}.", request.into_inner().name) }))
            }
            _ => Err(Status::unauthenticated("that is not today's password")),
        }
    }
}

async fn start_server() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let incoming = TcpListenerStream::new(listener);
    let service = GreeterServer::new(Doorkeeper::default());
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
    Ok(endpoint)
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}

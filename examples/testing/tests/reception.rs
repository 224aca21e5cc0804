//! A user's tests: no server to start, no provider, no hour to wait for.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use auth_runtime::{
    AuthError, Authenticator,
    testing::{ScriptedLogin, TokenEndpoint},
};
use testing::{
    NoGreeting, Reception, Settings,
    greeter::{
        GreetRequest, GreetResponse,
        greeter_client::AuthenticatedGreeterClient,
        greeter_server::{Greeter, GreeterServer},
    },
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

/// Greets those who carry a token of the test's login.
struct Doorkeeper(ScriptedLogin);

#[tonic::async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        self.0.check(request.metadata())?;
        Ok(Response::new(GreetResponse { greeting: format!("Come in, {}.", request.into_inner().name) }))
    }
}

/// The code under test over a server in this process. tonic's servers are services, and so transports.
fn reception(login: &ScriptedLogin) -> Reception<GreeterServer<Doorkeeper>> {
    let server = GreeterServer::new(Doorkeeper(login.clone()));
    let authenticator = Authenticator::builder("https://reception.example.com").flow(login.clone()).build().unwrap();
    Reception::new(AuthenticatedGreeterClient::new(authenticator.over(server)))
}

#[tokio::test]
async fn a_revoked_token_costs_a_login_and_nobody_notices() {
    let login = ScriptedLogin::new();
    let reception = reception(&login);

    assert_eq!(reception.greet("Ali").await.unwrap(), "Come in, Ali.");
    login.revoke();
    assert_eq!(reception.greet("Cassim").await.unwrap(), "Come in, Cassim.");
    assert_eq!(login.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_an_hour_serves_for_an_hour() {
    let login = ScriptedLogin::new().expires_in(Duration::from_secs(3600));
    let reception = reception(&login);

    reception.greet("Ali").await.unwrap();
    tokio::time::advance(Duration::from_secs(1800)).await;
    reception.greet("Ali").await.unwrap();
    assert_eq!(login.attempts(), 1);

    tokio::time::advance(Duration::from_secs(1800)).await;
    reception.greet("Ali").await.unwrap();
    assert_eq!(login.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_for_a_moment_delays_a_greeting() {
    let login = ScriptedLogin::new();
    login.then_fail(AuthError::transient("the provider is being updated"));

    reception(&login).greet("Ali").await.unwrap();
    assert_eq!(login.attempts(), 2);
}

#[tokio::test]
async fn a_login_that_is_refused_says_that_the_reception_is_logged_out() {
    let login = ScriptedLogin::new();
    login.then_fail(AuthError::permanent("this client is locked"));

    let refused = reception(&login).greet("Ali").await.unwrap_err();
    assert!(matches!(&refused, NoGreeting::LoggedOut(status) if status.message().contains("this client is locked")));
}

/// The program's own connection, as its settings make it: over sockets, to a server and a provider of the test.
#[tokio::test]
async fn the_settings_lead_to_the_server_and_to_the_provider() {
    let login = ScriptedLogin::new();
    let provider = TokenEndpoint::start(&login).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder().add_service(GreeterServer::new(Doorkeeper(login.clone())));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));

    let client = ("reception".into(), "secret".into());
    let reception = Settings { endpoint, token_url: provider.url(), client }.connect().unwrap();
    assert_eq!(reception.greet("Ali").await.unwrap(), "Come in, Ali.");
    assert_eq!(login.attempts(), 1);
}

//! A command line for people: a login in the browser or on another device, kept between runs, and ended by one logout.
#![forbid(unsafe_code)]

mod demonstration;

use std::{env, error::Error, path::Path};

use auth_runtime::{
    AuthError, Authenticator, Interaction,
    flow::{DeviceCode, Pkce},
    store::FileStore,
    testing::{ScriptedLogin, TokenEndpoint},
};
use demonstration::Person;
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

/// Over ssh the browser is on another machine, and does not reach this one.
fn browser_is_here() -> bool {
    env::var_os("SSH_CONNECTION").is_none()
}

/// It is one login, however it is made. A program without a demonstration in it needs neither `prompt` nor
/// `interaction`: it writes to the terminal what to do, and asks nobody where there is none.
fn authenticator(server: &str, provider: &str, logins: &Path, in_browser: bool) -> Result<Authenticator, AuthError> {
    let builder = Authenticator::builder(server)
        .store(FileStore::new(logins))
        .login_command("people login")
        .prompt(Person)
        .interaction(Interaction::Always);
    let builder = match in_browser {
        true => builder.flow(Pkce::new().client_id("people").authorization_url(provider).token_url(provider)),
        false => {
            builder.flow(DeviceCode::new().client_id("people").device_authorization_url(provider).token_url(provider))
        }
    };
    builder.build()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (login, logins) = (ScriptedLogin::new(), tempfile::tempdir()?);
    let (listener, provider) = (TcpListener::bind("127.0.0.1:0").await?, TokenEndpoint::start(&login).await?);
    let server = format!("http://{}", listener.local_addr()?);
    let service = GreeterServer::new(Doorkeeper(login.clone()));
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));
    println!("`people login` opens a browser here: {}", browser_is_here());
    let program = |in_browser| authenticator(&server, &provider.url(), logins.path(), in_browser);

    // people login
    program(true)?.login().await?;
    // people greet, in another run, and over ssh: nobody is asked.
    let there = program(false)?;
    let client = AuthenticatedGreeterClient::new(there.connect().await?);
    println!("{}", client.greet(GreetRequest { name: "Ali".into() }).await?.into_inner().greeting);
    // people status
    println!("logged in: {}", there.stored_credentials().await?.is_some());
    // people logout
    there.logout().await?;
    println!("logged in: {}", program(true)?.stored_credentials().await?.is_some());
    if login.attempts() == 1 { Ok(()) } else { Err("somebody was asked twice".into()) }
}

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

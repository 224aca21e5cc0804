//! Put beside the program of a README: runs it against a server that wants a login, and sees what it prints.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use auth_runtime::testing::{ScriptedLogin, TokenEndpoint};
use greeter::{
    GreetRequest, GreetResponse,
    greeter_server::{Greeter, GreeterServer},
};
use tokio::{net::TcpListener, process::Command};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

#[allow(dead_code, reason = "the program uses the rest")]
mod greeter {
    tonic::include_proto!("greeter");
}

struct Doorkeeper(ScriptedLogin);

#[tonic::async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        self.0.check(request.metadata())?;
        Ok(Response::new(GreetResponse { greeting: format!("Come in, {}.", request.into_inner().name) }))
    }
}

#[tokio::test]
async fn the_program_logs_in_and_is_greeted() {
    let login = ScriptedLogin::new();
    let provider = TokenEndpoint::start(&login).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder().add_service(GreeterServer::new(Doorkeeper(login.clone())));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));

    let run = Command::new(env!("CARGO_BIN_EXE_downstream"))
        .env("ENDPOINT", endpoint)
        .env("TOKEN_URL", provider.url())
        .env("CLIENT_ID", "the client")
        .env("CLIENT_SECRET", "the secret")
        .output();
    let run = run.await.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(String::from_utf8_lossy(&run.stdout), "Come in, Ali.\n");
    assert_eq!(login.attempts(), 1);
}

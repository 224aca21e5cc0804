//! The server of the example.

use std::{
    future::{pending, ready},
    io,
    sync::atomic::{AtomicU32, Ordering},
};

use hyper_util::rt::TokioIo;
use tonic::{
    Request, Response, Status, async_trait,
    transport::{Channel, Endpoint, Error, Server, Uri},
};
use tower::service_fn;

use crate::greeter::{
    GreetRequest, GreetResponse,
    greeter_server::{Greeter, GreeterServer},
};

/// Greets those who carry the token.
#[derive(Default)]
struct Doorkeeper {
    knocks: AtomicU32,
}

#[async_trait]
impl Greeter for Doorkeeper {
    async fn greet(&self, request: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        if request.metadata().get("authorization").is_none_or(|value| value != "Bearer opensesame") {
            return Err(Status::unauthenticated("nobody comes in without the word"));
        }
        match request.into_inner().name.as_str() {
            "nobody" => pending().await,
            "the third" if self.knocks.fetch_add(1, Ordering::Relaxed) < 2 => Err(Status::unavailable("come again")),
            name => Ok(Response::new(GreetResponse { greeting: format!("Come in, {name}.") })),
        }
    }
}

/// A channel to a server in the same process.
pub(crate) async fn connect() -> Result<Channel, Error> {
    let (here, there) = tokio::io::duplex(64 * 1024);
    let server = Server::builder().add_service(GreeterServer::new(Doorkeeper::default()));
    tokio::spawn(server.serve_with_incoming(tokio_stream::once(Ok::<_, io::Error>(there))));
    let mut here = Some(TokioIo::new(here));
    let connector = service_fn(move |_: Uri| ready(here.take().ok_or(io::Error::from(io::ErrorKind::NotConnected))));
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await
}

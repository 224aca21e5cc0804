use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use axum::{http::header::CONTENT_TYPE, response::IntoResponse, routing::post};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, service::Routes};

use crate::helloworld::{
    HelloReply, HelloRequest,
    greeter_server::{Greeter, GreeterServer},
};

static TOKENS: AtomicU32 = AtomicU32::new(0);
static USES: AtomicU32 = AtomicU32::new(0);

/// Listens on a free port: gRPC for the greeter, and HTTP for the token endpoint.
pub async fn start() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let routes = Routes::new(GreeterServer::new(StrictGreeter)).into_axum_router().route("/token", post(issue_token));
    tokio::spawn(async { axum::serve(listener, routes).await });
    Ok(address)
}

async fn issue_token() -> impl IntoResponse {
    let number = TOKENS.fetch_add(1, SeqCst) + 1;
    USES.store(0, SeqCst);
    println!("(the token endpoint issues token-{number})");
    let json = format!(r#"{{"access_token": "token-{number}", "token_type": "Bearer", "expires_in": 3600}}"#);
    ([(CONTENT_TYPE, "application/json")], json)
}

struct StrictGreeter;

#[tonic::async_trait]
impl Greeter for StrictGreeter {
    async fn say_hello(&self, request: Request<HelloRequest>) -> Result<Response<HelloReply>, Status> {
        // A token is good for three greetings, whatever was said of its lifetime.
        let token = format!("token-{}", TOKENS.load(SeqCst));
        match request.metadata().get("authorization") {
            Some(value) if *value == format!("Bearer {token}") && USES.fetch_add(1, SeqCst) < 3 => {
                let message = format!("Hello {}, who came with {token}", request.into_inner().name);
                Ok(Response::new(HelloReply { message }))
            }
            _ => Err(Status::unauthenticated("this token is not good, or not any more")),
        }
    }
}

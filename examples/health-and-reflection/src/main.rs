//! Clients that others generated, over the same channel: health without credentials, reflection with them.
#![forbid(unsafe_code)]

use std::error::Error;

use auth_runtime::{Authenticator, CallAuth, flow::StaticToken};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Status, service::interceptor::InterceptedService, transport::Server};
use tonic_health::{
    pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient},
    server::health_reporter,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let authenticator = Authenticator::builder(start_server().await?).flow(StaticToken::new("opensesame")).build()?;
    let channel = authenticator.connect().await?;

    let mut health = HealthClient::new(channel.clone());
    let mut check = Request::new(HealthCheckRequest::default());
    check.extensions_mut().insert(CallAuth::Anonymous);
    let response = health.check(check).await?.into_inner();
    println!("{:?}, after {} logins", response.status(), authenticator.statistics().logins());
    if response.status() != ServingStatus::Serving || authenticator.statistics().logins() != 0 {
        return Err("health is for everybody".into());
    }

    let mut reflection = ServerReflectionClient::new(channel);
    let list = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest { message_request: Some(list), ..Default::default() };
    let mut responses = reflection.server_reflection_info(tokio_stream::once(request)).await?.into_inner();
    match responses.message().await?.and_then(|response| response.message_response) {
        Some(MessageResponse::ListServicesResponse(list)) => {
            list.service.iter().for_each(|service| println!("{}", service.name));
            println!("{:?}", authenticator.statistics());
            Ok(())
        }
        other => Err(format!("no list of services: {other:?}").into()),
    }
}

/// Lets calls in that carry exactly this.
fn wants(token: Option<&'static str>) -> impl FnMut(Request<()>) -> Result<Request<()>, Status> + Clone {
    move |request| match request.metadata().get("authorization").map(|value| value.as_bytes()) {
        carried if carried == token.map(str::as_bytes) => Ok(request),
        _ => Err(Status::unauthenticated("those are not the credentials for this service")),
    }
}

async fn start_server() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let (_, health) = health_reporter();
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let server = Server::builder()
        .add_service(InterceptedService::new(health, wants(None)))
        .add_service(InterceptedService::new(reflection, wants(Some("Bearer opensesame"))));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    Ok(endpoint)
}

#[test]
fn the_example_runs() -> Result<(), Box<dyn Error>> {
    main()
}

//! The stand-in's server, called by tonic's own clients: what it rejects, and in which shape.

use flyte_admin::{
    proto::{
        admin::{GetTaskLogsRequest, GetTaskLogsResponse, GetVersionRequest, GetVersionResponse},
        service::{
            PublicClientAuthConfigRequest, UserInfoRequest, admin_service_client::AdminServiceClient,
            async_agent_service_client::AsyncAgentServiceClient,
            auth_metadata_service_client::AuthMetadataServiceClient, identity_service_client::IdentityServiceClient,
        },
    },
    server::{FlyteServer, WireShape},
};
use tonic::{Code, Request, Response, Status, Streaming, transport::Channel};

use crate::stand_in::{server, token_endpoint};

async fn channel(server: &FlyteServer) -> Channel {
    Channel::from_shared(server.endpoint()).unwrap().connect().await.unwrap()
}

fn with_header<T>(message: T, key: &'static str, value: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(key, value.parse().unwrap());
    request
}

async fn get_version(channel: &Channel, authorization: &str) -> Result<Response<GetVersionResponse>, Status> {
    let request = with_header(GetVersionRequest {}, "flyte-authorization", authorization);
    AdminServiceClient::new(channel.clone()).get_version(request).await
}

async fn anonymous_logs(channel: &Channel) -> Result<Response<Streaming<GetTaskLogsResponse>>, Status> {
    AsyncAgentServiceClient::new(channel.clone()).get_task_logs(GetTaskLogsRequest::default()).await
}

#[tokio::test]
async fn a_stream_is_rejected_before_it_opens_or_in_its_trailers() {
    let tokens = token_endpoint().await;
    let at_once = server(&tokens, WireShape::TrailersOnly, true).await;
    assert_eq!(anonymous_logs(&channel(&at_once).await).await.unwrap_err().code(), Code::Unauthenticated);
    let late = server(&tokens, WireShape::HeadersThenTrailers, true).await;
    let mut messages = anonymous_logs(&channel(&late).await).await.unwrap().into_inner();
    assert_eq!(messages.message().await.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn streams_are_open_where_they_are_not_guarded() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, false).await;
    let channel = channel(&server).await;
    assert!(anonymous_logs(&channel).await.unwrap().into_inner().message().await.unwrap().is_some());
    assert!(get_version(&channel, "").await.is_err());
}

#[tokio::test]
async fn only_the_metadata_service_responds_without_a_token() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let channel = channel(&server).await;
    let mut metadata = AuthMetadataServiceClient::new(channel.clone());
    let client = metadata.get_public_client_config(PublicClientAuthConfigRequest {}).await.unwrap().into_inner();
    assert_eq!(client.authorization_metadata_key, "flyte-authorization");
    let identity = IdentityServiceClient::new(channel).user_info(UserInfoRequest {}).await;
    assert_eq!(identity.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_server_without_authentication_has_no_services_about_it() {
    let server = FlyteServer::start_without_authentication("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let channel = channel(&server).await;
    AdminServiceClient::new(channel.clone()).get_version(GetVersionRequest {}).await.unwrap();
    let mut metadata = AuthMetadataServiceClient::new(channel.clone());
    let config = metadata.get_public_client_config(PublicClientAuthConfigRequest {}).await;
    assert_eq!(config.unwrap_err().code(), Code::Unimplemented);
    let identity = IdentityServiceClient::new(channel).user_info(UserInfoRequest {}).await;
    assert_eq!(identity.unwrap_err().code(), Code::Unimplemented);
}

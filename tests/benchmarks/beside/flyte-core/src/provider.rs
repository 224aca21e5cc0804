//! Who gives `flyte_core` its token: the service that it asks for the token endpoint, and the token endpoint.

use flyteidl2::flyteidl::auth::{
    GetOAuth2MetadataRequest, GetOAuth2MetadataResponse, GetPublicClientConfigRequest, GetPublicClientConfigResponse,
    auth_metadata_service_server::{AuthMetadataService, AuthMetadataServiceServer},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    transport::{Channel, Endpoint, Server},
};

struct Metadata {
    token_endpoint: String,
}

#[tonic::async_trait]
impl AuthMetadataService for Metadata {
    async fn get_o_auth2_metadata(
        &self,
        _request: Request<GetOAuth2MetadataRequest>,
    ) -> Result<Response<GetOAuth2MetadataResponse>, Status> {
        let token_endpoint = self.token_endpoint.clone();
        Ok(Response::new(GetOAuth2MetadataResponse { token_endpoint, ..Default::default() }))
    }

    async fn get_public_client_config(
        &self,
        _request: Request<GetPublicClientConfigRequest>,
    ) -> Result<Response<GetPublicClientConfigResponse>, Status> {
        Ok(Response::new(GetPublicClientConfigResponse::default()))
    }
}

/// Starts both. The channel leads to the service.
pub async fn start(token: String) -> Channel {
    let tokens = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let token_endpoint = format!("http://{}/token", tokens.local_addr().unwrap());
    tokio::spawn(give_tokens(tokens, token));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let service = AuthMetadataServiceServer::new(Metadata { token_endpoint });
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));
    Endpoint::from_shared(endpoint).unwrap().connect().await.unwrap()
}

async fn give_tokens(listener: TcpListener, token: String) {
    let body = format!(r#"{{"access_token":"{token}","expires_in":86400,"token_type":"Bearer"}}"#);
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length";
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        // The request is small, and comes whole.
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    }
}

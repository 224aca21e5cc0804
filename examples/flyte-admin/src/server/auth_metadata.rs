//! What clients need to know before they can authenticate.

use tonic::{Request, Response, Status};

use super::presented_token::AUTHORIZATION_METADATA_KEY;
use crate::proto::service::{
    OAuth2MetadataRequest, OAuth2MetadataResponse, PublicClientAuthConfigRequest, PublicClientAuthConfigResponse,
    auth_metadata_service_server::AuthMetadataService,
};

/// Points to the token endpoint and publishes the metadata key.
pub(super) struct AuthMetadata {
    pub(super) issuer: String,
    pub(super) token_endpoint: String,
}

#[tonic::async_trait]
impl AuthMetadataService for AuthMetadata {
    async fn get_o_auth2_metadata(
        &self,
        _request: Request<OAuth2MetadataRequest>,
    ) -> Result<Response<OAuth2MetadataResponse>, Status> {
        Ok(Response::new(OAuth2MetadataResponse {
            issuer: self.issuer.clone(),
            token_endpoint: self.token_endpoint.clone(),
            scopes_supported: vec!["all".into(), "offline".into()],
            token_endpoint_auth_methods_supported: vec!["client_secret_basic".into(), "client_secret_post".into()],
            grant_types_supported: vec!["client_credentials".into()],
            ..OAuth2MetadataResponse::default()
        }))
    }

    async fn get_public_client_config(
        &self,
        _request: Request<PublicClientAuthConfigRequest>,
    ) -> Result<Response<PublicClientAuthConfigResponse>, Status> {
        Ok(Response::new(PublicClientAuthConfigResponse {
            client_id: "flytectl".into(),
            redirect_uri: "http://localhost:53593/callback".into(),
            scopes: vec!["all".into()],
            authorization_metadata_key: AUTHORIZATION_METADATA_KEY.into(),
            ..PublicClientAuthConfigResponse::default()
        }))
    }
}

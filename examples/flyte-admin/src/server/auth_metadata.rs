//! What clients need to know before they can authenticate.

use axum::http::uri::Authority;
use tonic::{Request, Response, Status};

use super::{presented_token::AUTHORIZATION_METADATA_KEY, public_address::PublicAddress};
use crate::{
    proto::service::{
        OAuth2MetadataRequest, OAuth2MetadataResponse, PublicClientAuthConfigRequest, PublicClientAuthConfigResponse,
        auth_metadata_service_server::AuthMetadataService,
    },
    token_endpoint::{Issuer, PUBLIC_CLIENT_ID, Provider},
};

/// Points to the authorization server and publishes the metadata key.
pub(super) struct AuthMetadata {
    pub(super) issuer: Issuer,
    pub(super) public_address: PublicAddress,
    pub(super) redirect_uri: String,
}

impl AuthMetadata {
    /// Its own provider is at whichever of its addresses was asked; another one is where it is.
    fn located(&self, authority: Option<&Authority>, url: &str) -> String {
        match self.issuer.provider() {
            Provider::External => url.into(),
            Provider::FlytesOwn => url.replacen(self.issuer.origin(), self.public_address.asked_as(authority), 1),
        }
    }
}

#[tonic::async_trait]
impl AuthMetadataService for AuthMetadata {
    async fn get_o_auth2_metadata(
        &self,
        request: Request<OAuth2MetadataRequest>,
    ) -> Result<Response<OAuth2MetadataResponse>, Status> {
        let authority = request.extensions().get::<Authority>();
        let endpoint = |name| self.located(authority, &self.issuer.endpoint(name));
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        Ok(Response::new(OAuth2MetadataResponse {
            issuer: self.located(authority, &self.issuer.identifier()),
            authorization_endpoint: endpoint("authorize"),
            token_endpoint: endpoint("token"),
            jwks_uri: endpoint("jwks"),
            response_types_supported: owned(&["code", "token", "code token"]),
            scopes_supported: owned(&["all", "offline"]),
            token_endpoint_auth_methods_supported: owned(&["client_secret_basic"]),
            code_challenge_methods_supported: owned(&["S256"]),
            grant_types_supported: owned(&["client_credentials", "refresh_token", "authorization_code"]),
            ..OAuth2MetadataResponse::default()
        }))
    }

    async fn get_public_client_config(
        &self,
        _request: Request<PublicClientAuthConfigRequest>,
    ) -> Result<Response<PublicClientAuthConfigResponse>, Status> {
        Ok(Response::new(PublicClientAuthConfigResponse {
            client_id: PUBLIC_CLIENT_ID.into(),
            redirect_uri: self.redirect_uri.clone(),
            scopes: vec!["all".into(), "offline".into()],
            authorization_metadata_key: AUTHORIZATION_METADATA_KEY.into(),
            ..PublicClientAuthConfigResponse::default()
        }))
    }
}

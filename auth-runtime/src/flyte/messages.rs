//! The responses of `AuthMetadataService`, as far as they are of use.
//!
//! Written by hand: version 1 (`flyteidl.service`) and version 2 (`flyteidl2.auth`) of the service give these fields the
//! same numbers, so that one pair of types reads both, and an application may generate the whole of FlyteIDL for itself.

use crate::ServerDetails;

/// `OAuth2MetadataResponse`, or `GetOAuth2MetadataResponse` in version 2 (the fields are those of RFC 8414).
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OAuth2Metadata {
    #[prost(string, tag = "1")]
    pub(super) issuer: String,
    #[prost(string, tag = "2")]
    pub(super) authorization_endpoint: String,
    #[prost(string, tag = "3")]
    pub(super) token_endpoint: String,
    #[prost(string, tag = "10")]
    pub(super) device_authorization_endpoint: String,
}

/// `PublicClientAuthConfigResponse`, or `GetPublicClientConfigResponse` in version 2.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PublicClientConfig {
    #[prost(string, tag = "1")]
    pub(super) client_id: String,
    #[prost(string, tag = "2")]
    pub(super) redirect_uri: String,
    #[prost(string, repeated, tag = "3")]
    pub(super) scopes: Vec<String>,
    #[prost(string, tag = "4")]
    pub(super) authorization_metadata_key: String,
    #[prost(string, tag = "6")]
    pub(super) audience: String,
}

/// Either answer may be missing: what it would have said is then not known.
pub(super) fn details(metadata: Option<OAuth2Metadata>, config: Option<PublicClientConfig>) -> ServerDetails {
    let metadata = metadata.unwrap_or_default();
    let config = config.unwrap_or_default();
    ServerDetails::new()
        .with_issuer(metadata.issuer)
        .with_token_endpoint(metadata.token_endpoint)
        .with_authorization_endpoint(metadata.authorization_endpoint)
        .with_device_authorization_endpoint(metadata.device_authorization_endpoint)
        .with_client_id(config.client_id)
        .with_redirect_uri(config.redirect_uri)
        .with_scopes(config.scopes)
        .with_audience(config.audience)
        .with_header_key(config.authorization_metadata_key)
}

//! The answers of `AuthMetadataService`, as far as they are of use.
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
    ServerDetails {
        issuer: said(metadata.issuer),
        token_endpoint: said(metadata.token_endpoint),
        authorization_endpoint: said(metadata.authorization_endpoint),
        device_authorization_endpoint: said(metadata.device_authorization_endpoint),
        client_id: said(config.client_id),
        redirect_uri: said(config.redirect_uri),
        scopes: config.scopes.into_iter().filter_map(said).collect(),
        audience: said(config.audience),
        header_key: said(config.authorization_metadata_key),
        wants_no_credentials: false,
    }
}

/// Protobuf knows no absent text: an empty one says nothing.
fn said(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

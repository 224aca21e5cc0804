//! What is published, over gRPC and HTTP.

use axum::http::{StatusCode, header};
use flyte_admin::{
    proto::service::{
        OAuth2MetadataRequest, OAuth2MetadataResponse, auth_metadata_service_client::AuthMetadataServiceClient,
    },
    server::{FlyteServer, FlyteServerSettings, WireShape},
    token_endpoint::{Provider, TokenEndpoint, TokenEndpointSettings},
};
use serde_json::Value;
use tonic::transport::Channel;

use super::get;
use crate::stand_in::{CLIENT_ID, CLIENT_SECRET, server, token_endpoint};

async fn document(url: &str, accept: Option<&str>) -> Value {
    serde_json::from_slice(&get(url, accept).await.2).unwrap()
}

async fn metadata_asked_as(server: &FlyteServer, authority: &str) -> OAuth2MetadataResponse {
    let origin = format!("http://{authority}").parse().unwrap();
    let channel = Channel::from_shared(server.endpoint()).unwrap().origin(origin).connect().await.unwrap();
    AuthMetadataServiceClient::new(channel).get_o_auth2_metadata(OAuth2MetadataRequest {}).await.unwrap().into_inner()
}

#[tokio::test]
async fn in_plaintext_grpc_and_http_are_two_origins_and_the_issuer_is_https_one() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let authority = server.endpoint().replace("http://", "");
    let metadata = metadata_asked_as(&server, &authority).await;
    assert_ne!(metadata.issuer, server.endpoint());
    assert_eq!(metadata.issuer, tokens.issuer().identifier());
    assert_eq!(metadata.token_endpoint, format!("{}/oauth2/token", metadata.issuer));
    assert_eq!(metadata.authorization_endpoint, format!("{}/oauth2/authorize", metadata.issuer));
    assert_eq!(metadata.jwks_uri, format!("{}/oauth2/jwks", metadata.issuer));
    assert_eq!(metadata.code_challenge_methods_supported, ["S256"]);
    assert_eq!(metadata.token_endpoint_auth_methods_supported, ["client_secret_basic"]);
    assert_eq!(metadata.grant_types_supported, ["client_credentials", "refresh_token", "authorization_code"]);
    assert_eq!(metadata.device_authorization_endpoint, "");
}

#[tokio::test]
async fn asked_under_the_name_that_it_has_in_a_cluster_it_names_its_public_address() {
    let tokens = token_endpoint().await;
    let authorized_uris = vec!["https://flyte.example.com".into(), "http://flyteadmin:80".into()];
    let settings = FlyteServerSettings { authorized_uris, ..FlyteServerSettings::new() };
    let server = FlyteServer::start(settings, &tokens).await.unwrap();
    let rows = [("flyteadmin:81", "https://flyte.example.com"), ("flyteadmin:80", "http://flyteadmin:80")];
    for (asked, issuer) in rows {
        let metadata = metadata_asked_as(&server, asked).await;
        assert_eq!((metadata.issuer, metadata.token_endpoint), (issuer.into(), format!("{issuer}/oauth2/token")));
    }
}

#[tokio::test]
async fn its_metadata_is_spelled_as_in_rfc_8414_only_for_those_who_ask_for_json() {
    let tokens = token_endpoint().await;
    let url = format!("{}/.well-known/oauth-authorization-server", tokens.issuer().origin());
    let standard = document(&url, Some("application/json")).await;
    assert_eq!(
        (&standard["token_endpoint"], &standard["device_authorization_endpoint"]),
        (&tokens.url().into(), &"".into())
    );
    let other = document(&url, None).await;
    assert_eq!((&other["tokenEndpoint"], &other["deviceAuthorizationEndpoint"]), (&tokens.url().into(), &"".into()));
    assert_eq!((&other["token_endpoint"], &other["issuer"]), (&Value::Null, &tokens.issuer().identifier().into()));
}

#[tokio::test]
async fn its_openid_configuration_is_that_of_peoples_logins_at_another_issuer() {
    let tokens = token_endpoint().await;
    let url = format!("{}/.well-known/openid-configuration", tokens.issuer().origin());
    let (status, headers, _) = get(&url, Some("application/json")).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let people = document(headers[header::LOCATION].to_str().unwrap(), None).await;
    assert_ne!(people["issuer"], tokens.issuer().identifier());
    assert_ne!(people["token_endpoint"], tokens.url());
}

#[tokio::test]
async fn the_document_of_another_provider_is_handed_on_issuer_and_all() {
    let provider = Provider::External;
    let settings = TokenEndpointSettings { provider, ..TokenEndpointSettings::new(CLIENT_ID, CLIENT_SECRET.into()) };
    let tokens = TokenEndpoint::start(settings).await.unwrap();
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let handed_on =
        document(&format!("{}/.well-known/oauth-authorization-server", tokens.issuer().origin()), None).await;
    let issuer = handed_on["issuer"].as_str().unwrap();
    assert!(issuer.ends_with("/realms/flyte"), "{issuer}");
    assert_eq!(handed_on, document(&format!("{issuer}/.well-known/openid-configuration"), None).await);
    let metadata = metadata_asked_as(&server, "flyteadmin:81").await;
    assert_eq!((metadata.issuer.as_str(), &metadata.token_endpoint), (issuer, &tokens.url()));
}

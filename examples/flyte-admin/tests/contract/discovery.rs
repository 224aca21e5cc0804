//! What is published, over gRPC and HTTP.

use axum::http::{StatusCode, header};
use flyte_admin::{
    contract::{self, Page, Seen},
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

/// In plaintext, where gRPC and HTTP are two origins.
#[tokio::test]
async fn its_metadata_says_what_a_flyteadmins_says() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let metadata = metadata_asked_as(&server, &server.endpoint().replace("http://", "")).await;
    assert!(contract::is_flytes_own(&metadata));
    assert_eq!(metadata.issuer, tokens.issuer().identifier());
    assert_eq!(metadata.jwks_uri, format!("{}/oauth2/jwks", metadata.issuer));
    let table = contract::metadata(&server.endpoint(), &metadata);
    assert_eq!(table.len(), 7);
    for observation in table {
        assert!(observation.is_flyteadmins(), "{observation:?}");
    }
}

#[tokio::test]
async fn its_pages_are_those_of_a_flyteadmin_with_its_own_provider_and_with_another() {
    let provider = Provider::External;
    let external = TokenEndpointSettings { provider, ..TokenEndpointSettings::new(CLIENT_ID, CLIENT_SECRET.into()) };
    for (tokens, own) in [(token_endpoint().await, true), (TokenEndpoint::start(external).await.unwrap(), false)] {
        for page in Page::ALL {
            let url = format!("{}{}", tokens.issuer().origin(), page.path());
            let (status, headers, body) = get(&url, page.accepts_json().then_some("application/json")).await;
            let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
            let document = serde_json::from_slice::<Value>(&body).ok();
            let seen = Seen { status: status.as_u16(), location, document: document.as_ref() };
            let observation = page.observe(own, seen);
            assert!(observation.is_flyteadmins(), "{observation:?}");
        }
    }
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

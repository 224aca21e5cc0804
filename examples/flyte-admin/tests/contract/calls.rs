//! What comes of calls, by the token that they carry.

use std::time::Duration;

use flyte_admin::{
    contract::{self, CALLS, Token},
    proto::{
        admin::GetVersionRequest,
        service::{
            PublicClientAuthConfigRequest, UserInfoRequest, UserInfoResponse, admin_service_client::AdminServiceClient,
            auth_metadata_service_client::AuthMetadataServiceClient, identity_service_client::IdentityServiceClient,
        },
    },
    server::{FlyteServer, WireShape},
};

use super::{channel, provider::log_in};
use crate::stand_in::{LASTING, issue, server, token_endpoint};

#[tokio::test]
async fn calls_are_answered_as_by_a_flyteadmin() {
    let tokens = token_endpoint().await;
    let old = issue(&tokens, "all", LASTING);
    tokens.tokens().rotate_signing_key();
    let token = |kind| match kind {
        Token::Good => issue(&tokens, "all", LASTING),
        Token::Garbage => "garbage".into(),
        Token::Expired => issue(&tokens, "all", Duration::ZERO),
        Token::OtherKey => old.clone(),
        Token::Narrow => issue(&tokens, "offline", LASTING),
    };
    for shape in [WireShape::TrailersOnly, WireShape::HeadersThenTrailers] {
        let server = server(&tokens, shape, true).await;
        let mut admin = AdminServiceClient::new(channel(&server).await);
        for call in CALLS {
            let outcome = admin.get_version(call.request("flyte-authorization", token).unwrap()).await;
            let observation = call.observe(outcome.as_ref().map(|_| ()));
            assert!(observation.is_flyteadmins(), "{observation:?}, {shape:?}");
        }
    }
}

#[test]
fn what_the_doctor_asks_carries_nothing_of_anybodys() {
    let asked: Vec<_> = CALLS.iter().filter(|call| call.is_harmless()).collect();
    assert!(asked.len() >= 4 && asked.len() < CALLS.len(), "{asked:?}");
    for call in asked {
        let request = call.request("flyte-authorization", |token| format!("{token:?}")).unwrap();
        let said = format!("{:?}", request.metadata());
        assert!(!["Good", "Expired", "OtherKey", "Narrow"].iter().any(|token| said.contains(token)), "{said}");
    }
}

#[tokio::test]
async fn a_rejection_is_about_as_long_as_a_flyteadmins() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let status = AdminServiceClient::new(channel(&server).await).get_version(GetVersionRequest {}).await.unwrap_err();
    assert!((330..=430).contains(&status.message().len()), "{}", status.message().len());
}

#[tokio::test]
async fn metadata_needs_no_token_and_ignores_a_bad_one() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let mut metadata = AuthMetadataServiceClient::new(channel(&server).await);
    let mut request = tonic::Request::new(PublicClientAuthConfigRequest {});
    request.metadata_mut().insert("flyte-authorization", "Bearer garbage".parse().unwrap());
    let outcome = metadata.get_public_client_config(request).await.map(tonic::Response::into_inner);
    let observation = contract::client(&outcome);
    assert!(observation.is_flyteadmins(), "{observation:?}");
}

async fn user_info(server: &FlyteServer, token: &str) -> UserInfoResponse {
    let mut request = tonic::Request::new(UserInfoRequest {});
    request.metadata_mut().insert("flyte-authorization", format!("Bearer {token}").parse().unwrap());
    IdentityServiceClient::new(channel(server).await).user_info(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn of_a_client_only_the_additional_claims_are_told_and_of_a_person_who_it_is() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let client = user_info(&server, &issue(&tokens, "all", LASTING)).await;
    let claims = client.additional_claims.clone().unwrap();
    assert!(claims.fields.contains_key("client_id"), "{claims:?}");
    assert_eq!(UserInfoResponse { additional_claims: None, ..client }, UserInfoResponse::default());
    let person = log_in(&tokens, "all").await;
    let person = user_info(&server, person["access_token"].as_str().unwrap()).await;
    assert_eq!((person.subject.as_str(), person.email.as_str()), ("ada", "ada@flyte.example"));
}

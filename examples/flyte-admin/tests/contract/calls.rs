//! What comes of calls, by the token that they carry.

use std::time::Duration;

use flyte_admin::{
    proto::{
        admin::GetVersionRequest,
        service::{
            PublicClientAuthConfigRequest, UserInfoRequest, UserInfoResponse, admin_service_client::AdminServiceClient,
            auth_metadata_service_client::AuthMetadataServiceClient, identity_service_client::IdentityServiceClient,
        },
    },
    server::{FlyteServer, WireShape},
};
use tonic::Code;

use super::{channel, provider::log_in};
use crate::stand_in::{LASTING, issue, server, token_endpoint};

const NOTHING: &str = "[JWT_VERIFICATION_FAILED] Could not retrieve bearer token from metadata, caused by: rpc error: \
                       code = Unauthenticated desc = Request unauthenticated with Bearer";
const NO_SCHEME: &str = "[JWT_VERIFICATION_FAILED] Could not retrieve bearer token from metadata, caused by: rpc \
                         error: code = Unauthenticated desc = Bad authorization string";

/// What is sent, and `Ok` or the message with which it is rejected.
#[tokio::test]
async fn rejections_of_calls_are_those_of_a_flyteadmin() {
    let tokens = token_endpoint().await;
    let old = issue(&tokens, "all", LASTING);
    tokens.tokens().rotate_signing_key();
    let expired = issue(&tokens, "all", Duration::ZERO);
    let narrow = issue(&tokens, "offline", LASTING);
    let good = issue(&tokens, "all", LASTING);
    let bearer = |token: &str| format!("Bearer {token}");
    let own_key = "flyte-authorization";
    let because = |access: &str, id: &str| {
        Err(format!(
            "token parse error id token err: access token err: {access}, access token err: [JWT_VERIFICATION_FAILED] \
             Could not retrieve id token from metadata, caused by: rpc error: code = Unauthenticated desc = {id}"
        ))
    };
    let with_id = "Request unauthenticated with IDToken";
    let no_string = "Bad authorization string";
    let rows: Vec<(&str, Vec<(&str, String)>, Result<(), String>)> = vec![
        ("nothing", vec![], because(NOTHING, with_id)),
        (
            "garbage",
            vec![(own_key, bearer("garbage"))],
            because("token contains an invalid number of segments", with_id),
        ),
        ("expired", vec![(own_key, bearer(&expired))], because("Token is expired", with_id)),
        ("signed by another key", vec![(own_key, bearer(&old))], because("crypto/rsa: verification error", with_id)),
        ("no scheme", vec![(own_key, good.clone())], because(NO_SCHEME, no_string)),
        ("no scope", vec![(own_key, bearer(&narrow))], Err("authenticated user doesn't have required scope".into())),
        ("its own key", vec![(own_key, bearer(&good))], Ok(())),
        ("authorization", vec![("authorization", bearer(&good))], Ok(())),
        ("a small bearer", vec![(own_key, format!("bearer {good}"))], Ok(())),
        (
            "a bad authorization beside a good token",
            vec![("authorization", bearer("garbage")), (own_key, bearer(&good))],
            because("token contains an invalid number of segments", with_id),
        ),
        (
            "two values, the first of them bad",
            vec![(own_key, bearer("garbage")), (own_key, bearer(&good))],
            because("token contains an invalid number of segments", with_id),
        ),
    ];
    for shape in [WireShape::TrailersOnly, WireShape::HeadersThenTrailers] {
        let server = server(&tokens, shape, true).await;
        let mut admin = AdminServiceClient::new(channel(&server).await);
        for (sent, headers, expected) in &rows {
            let mut request = tonic::Request::new(GetVersionRequest {});
            for (key, value) in headers {
                request.metadata_mut().append(*key, value.parse().unwrap());
            }
            let outcome = admin.get_version(request).await.map(|_| ()).map_err(|status| {
                assert_eq!(status.code(), Code::Unauthenticated, "{sent}");
                status.message().to_owned()
            });
            assert_eq!(&outcome, expected, "{sent}, {shape:?}");
        }
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
    let client = metadata.get_public_client_config(request).await.unwrap().into_inner();
    assert_eq!(client.client_id, "flytectl");
    assert_eq!(client.authorization_metadata_key, "flyte-authorization");
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

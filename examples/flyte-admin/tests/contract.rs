//! What a real flyteadmin 1.16 and its provider (fosite 0.42) were seen to do: a row for each observation. The stand-in is
//! held to it, so that what works against the stand-in works there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]
#![allow(clippy::type_complexity, reason = "a table of rows, each read once")]

mod stand_in;

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use flyte_admin::{
    proto::{
        admin::GetVersionRequest,
        service::{
            OAuth2MetadataRequest, OAuth2MetadataResponse, PublicClientAuthConfigRequest, UserInfoRequest,
            UserInfoResponse, admin_service_client::AdminServiceClient,
            auth_metadata_service_client::AuthMetadataServiceClient, identity_service_client::IdentityServiceClient,
        },
    },
    server::{FlyteServer, FlyteServerSettings, WireShape},
    token_endpoint::{Provider, TokenEndpoint, TokenEndpointSettings},
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stand_in::{CLIENT_ID, CLIENT_SECRET, LASTING, issue, server, token_endpoint};
use tonic::{Code, transport::Channel};
use url::{
    Url,
    form_urlencoded::{self, byte_serialize},
};

const NOTHING: &str = "[JWT_VERIFICATION_FAILED] Could not retrieve bearer token from metadata, caused by: rpc error: \
                       code = Unauthenticated desc = Request unauthenticated with Bearer";
const NO_SCHEME: &str = "[JWT_VERIFICATION_FAILED] Could not retrieve bearer token from metadata, caused by: rpc \
                         error: code = Unauthenticated desc = Bad authorization string";

async fn channel(server: &FlyteServer) -> Channel {
    Channel::from_shared(server.endpoint()).unwrap().connect().await.unwrap()
}

// --- Calls ------------------------------------------------------------------------------------------------------------

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

// --- Discovery --------------------------------------------------------------------------------------------------------

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

async fn get(url: &str, accept: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::get(url);
    if let Some(accept) = accept {
        request = request.header(header::ACCEPT, accept);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    (parts.status, parts.headers, axum::body::to_bytes(Body::new(body), usize::MAX).await.unwrap().to_vec())
}

async fn document(url: &str, accept: Option<&str>) -> Value {
    serde_json::from_slice(&get(url, accept).await.2).unwrap()
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

// --- The provider -----------------------------------------------------------------------------------------------------

fn basic(secret: &str) -> String {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(CLIENT_ID), encode(secret))))
}

async fn ask(endpoint: &TokenEndpoint, basic: Option<String>, form: &[(&str, &str)]) -> (StatusCode, HeaderMap, Value) {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let mut request = Request::post(endpoint.url()).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(basic) = basic {
        request = request.header(header::AUTHORIZATION, basic);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request.body(Body::from(form)).unwrap()).await.unwrap().into_parts();
    let body = axum::body::to_bytes(Body::new(body), usize::MAX).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&body).unwrap())
}

const VERIFIER: &str = "a verifier that is long enough to be one, with forty-three characters";

/// Goes the way of a browser, and returns the URL to which it is sent back in the end.
async fn authorize(endpoint: &TokenEndpoint, scope: &str) -> Url {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("response_type", "code"), ("client_id", "flytectl"), ("redirect_uri", endpoint.redirect_uri())])
        .extend_pairs([
            ("scope", scope),
            ("state", "S"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let origin = endpoint.issuer().origin();
    let url = format!("{}?{query}", endpoint.issuer().endpoint("authorize"));
    let (status, headers, _) = get(&url, None).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let people = format!("{origin}{}", headers[header::LOCATION].to_str().unwrap());
    let request = Request::post(people).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request.body(Body::from("person=ada")).unwrap()).await.unwrap();
    let back = format!("{origin}{}", response.headers()[header::LOCATION].to_str().unwrap());
    let request = Request::get(back).header(header::COOKIE, &response.headers()[header::SET_COOKIE]);
    let response = client.request(request.body(Body::empty()).unwrap()).await.unwrap();
    Url::parse(response.headers()[header::LOCATION].to_str().unwrap()).unwrap()
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

async fn log_in(endpoint: &TokenEndpoint, scope: &str) -> Value {
    let code = parameter(&authorize(endpoint, scope).await, "code");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "flytectl"),
        ("code", &code),
        ("redirect_uri", endpoint.redirect_uri()),
        ("code_verifier", VERIFIER),
    ];
    let (status, _, body) = ask(endpoint, None, &form).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

#[tokio::test]
async fn a_token_comes_as_fosite_writes_it() {
    let endpoint = token_endpoint().await;
    let (status, headers, body) =
        ask(&endpoint, Some(basic(CLIENT_SECRET)), &[("grant_type", "client_credentials"), ("scope", "all")]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "application/json;charset=UTF-8");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    assert_eq!((&body["token_type"], &body["expires_in"]), (&"bearer".into(), &(LASTING.as_secs() - 1).into()));
    assert_eq!(body.get("refresh_token"), None);
    let length = body["access_token"].as_str().unwrap().len();
    assert!((550..=700).contains(&length), "{length}");
}

#[tokio::test]
async fn a_persons_login_announces_its_scopes_and_brings_long_tokens_and_a_refresh_token() {
    let endpoint = token_endpoint().await;
    let back = authorize(&endpoint, "all offline").await;
    assert_eq!(parameter(&back, "scope"), "f.all offline access_token");
    assert_eq!(parameter(&back, "state"), "S");
    let body = log_in(&endpoint, "all offline").await;
    for token in [parameter(&back, "code"), body["access_token"].as_str().unwrap().into()] {
        assert!((1_100..=1_500).contains(&token.len()), "{}", token.len());
    }
    let refresh = body["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", "flytectl"), ("refresh_token", refresh)];
    let (status, _, refreshed) = ask(&endpoint, None, &form).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(refreshed["refresh_token"], body["refresh_token"]);
    assert!(log_in(&endpoint, "all").await.get("refresh_token").is_none());
}

#[tokio::test]
async fn refusals_have_the_status_and_the_code_of_fosite() {
    let settings = TokenEndpointSettings {
        refresh_token_lifetime: Duration::ZERO,
        ..TokenEndpointSettings::new(CLIENT_ID, CLIENT_SECRET.into())
    };
    let short = TokenEndpoint::start(settings).await.unwrap();
    let over = log_in(&short, "all offline").await["refresh_token"].as_str().unwrap().to_owned();
    let endpoint = token_endpoint().await;
    let of_old_key = log_in(&endpoint, "all offline").await["refresh_token"].as_str().unwrap().to_owned();
    endpoint.tokens().rotate_signing_key();
    let tokens = log_in(&endpoint, "all offline").await;
    let access_token = tokens["access_token"].as_str().unwrap();
    let (client, public) = (("grant_type", "client_credentials"), ("client_id", "flytectl"));
    let refresh = |token| vec![("grant_type", "refresh_token"), public, ("refresh_token", token)];
    let code = |code| vec![("grant_type", "authorization_code"), public, ("code", code)];
    let good = Some(basic(CLIENT_SECRET));
    let rows: Vec<(&str, &TokenEndpoint, Option<String>, Vec<(&str, &str)>, u16, &str)> = vec![
        ("wrong secret", &endpoint, Some(basic("wrong")), vec![client], 401, "invalid_client"),
        (
            "unknown client",
            &endpoint,
            None,
            vec![client, ("client_id", "nobody"), ("client_secret", "x")],
            401,
            "invalid_client",
        ),
        ("no client at all", &endpoint, None, vec![client], 400, "invalid_request"),
        ("unknown scope", &endpoint, good.clone(), vec![client, ("scope", "everything")], 400, "invalid_scope"),
        ("refresh token that is over", &short, None, refresh(&over), 500, "server_error"),
        ("refresh token that is none", &endpoint, None, refresh("garbage"), 500, "server_error"),
        ("refresh token of an old key", &endpoint, None, refresh(&of_old_key), 500, "server_error"),
        ("code that cannot be read", &endpoint, None, code("garbage"), 500, "server_error"),
        ("access token as refresh token", &endpoint, None, refresh(access_token), 400, "invalid_grant"),
        ("unknown grant", &endpoint, good.clone(), vec![("grant_type", "password")], 400, "invalid_request"),
        (
            "device code",
            &endpoint,
            good,
            vec![("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", "x")],
            400,
            "invalid_request",
        ),
    ];
    for (what, endpoint, basic, form, status, error) in rows {
        let (answered, headers, body) = ask(endpoint, basic, &form).await;
        assert_eq!((answered.as_u16(), &body["error"]), (status, &error.into()), "{what}");
        assert_eq!(headers.get(header::WWW_AUTHENTICATE), None, "{what}");
    }
}

//! The stand-in's token endpoint, asked over HTTP.

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use flyte_admin::token_endpoint::{InvalidToken, TokenEndpoint};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;
use url::form_urlencoded::{self, byte_serialize};

use crate::stand_in::{CLIENT_ID, CLIENT_SECRET, LASTING, issue, token_endpoint};

fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
}

async fn ask(
    endpoint: &TokenEndpoint,
    authorization: Option<String>,
    parameters: &[(&str, &str)],
) -> (Response<()>, Value) {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let mut request = Request::post(endpoint.url()).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request.body(Body::from(form)).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(Body::new(body), usize::MAX).await.unwrap();
    (Response::from_parts(parts, ()), serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_form_encoded_id_and_secret_in_http_basic_get_a_token() {
    let endpoint = token_endpoint().await;
    let parameters = [("grant_type", "client_credentials"), ("scope", "all offline")];
    let (answer, body) = ask(&endpoint, Some(basic(CLIENT_ID, CLIENT_SECRET)), &parameters).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!((&body["token_type"], &body["expires_in"]), (&"bearer".into(), &3599.into()));
    let caller = endpoint.tokens().check(body["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(caller.client_id, CLIENT_ID);
    assert_eq!(caller.scopes, ["all", "offline"]);
    assert_eq!(endpoint.requests(), 1);
}

#[tokio::test]
async fn an_id_and_secret_in_the_body_get_a_token_good_for_all_without_asking_for_a_scope() {
    let endpoint = token_endpoint().await;
    let parameters = [
        ("grant_type", "client_credentials"),
        ("scope", ""),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ];
    let (_, body) = ask(&endpoint, None, &parameters).await;
    let caller = endpoint.tokens().check(body["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(caller.scopes, ["all"]);
}

#[tokio::test]
async fn what_the_grant_does_not_allow_is_an_error_with_its_code() {
    let endpoint = token_endpoint().await;
    let grant = ("grant_type", "client_credentials");
    let twice_authenticated = [grant, ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
    let cases: [(&[_], _); 5] = [
        (&[("grant_type", "password")], "invalid_request"),
        (&[("scope", "all")], "invalid_request"),
        (&[grant, grant], "invalid_request"),
        (&[grant, ("scope", "all everything")], "invalid_scope"),
        (&twice_authenticated, "invalid_request"),
    ];
    for (parameters, error) in cases {
        let (answer, body) = ask(&endpoint, Some(basic(CLIENT_ID, CLIENT_SECRET)), parameters).await;
        assert_eq!((answer.status(), &body["error"]), (StatusCode::BAD_REQUEST, &error.into()), "{parameters:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_with_its_lifetime_or_with_the_key_that_signed_it() {
    let endpoint = token_endpoint().await;
    let first = issue(&endpoint, "all", LASTING);
    assert!(endpoint.tokens().check(&first).is_ok());
    tokio::time::advance(LASTING).await;
    assert_eq!(endpoint.tokens().check(&first), Err(InvalidToken::Expired));
    let second = issue(&endpoint, "all", LASTING);
    endpoint.tokens().rotate_signing_key();
    assert_eq!(endpoint.tokens().check(&second), Err(InvalidToken::Signature));
    assert_eq!(endpoint.tokens().check("never issued"), Err(InvalidToken::Segments));
}

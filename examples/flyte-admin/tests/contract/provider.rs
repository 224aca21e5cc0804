//! What the provider answers.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use flyte_admin::token_endpoint::{TokenEndpoint, TokenEndpointSettings};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::{
    Url,
    form_urlencoded::{self, byte_serialize},
};

use super::get;
use crate::stand_in::{CLIENT_ID, CLIENT_SECRET, LASTING, token_endpoint};

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

pub(crate) async fn log_in(endpoint: &TokenEndpoint, scope: &str) -> Value {
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

//! What comes of a token endpoint's answers, sensible or not (RFC 6749 sections 5.1, 5.2 and 7.1).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{
    io::Write as _,
    sync::Arc,
    time::{Duration, SystemTime},
};

use auth_runtime::{AuthError, AuthErrorKind, Authenticator, Credentials, flow::ClientCredentials};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::{
    canary::{self, Canary},
    token_endpoint::{Answer, TokenEndpoint},
    told::told,
};

const OPERATION: &str = "the token request";

/// Longer lifetimes are cut to this.
const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

fn authenticator(canary: &Canary, endpoint: &TokenEndpoint) -> Authenticator {
    let flow = ClientCredentials::new("client", canary.secret()).token_url(endpoint.url());
    Authenticator::builder("https://flyte.example.com").flow(flow).login_first(true).build().unwrap()
}

/// One login against one answer.
async fn login(canary: &Canary, answer: Answer) -> Result<Credentials, AuthError> {
    let endpoint = TokenEndpoint::answering([answer]);
    let authenticator = authenticator(canary, &endpoint);
    let outcome = authenticator.login().await;
    assert_eq!(endpoint.requests().len(), 1, "one login is one request");
    match &outcome {
        Ok(credentials) => canary::observe(credentials),
        Err(error) => {
            canary::observe_error(error);
            assert!(authenticator.get_credentials().is_none());
        }
    }
    outcome
}

async fn refusal(canary: &Canary, answer: Answer) -> AuthError {
    login(canary, answer).await.unwrap_err()
}

/// Fails the test unless the answer is unusable for good, and says so in these words.
async fn unusable(canary: &Canary, answer: Answer, words: &str) {
    let error = refusal(canary, answer).await;
    assert_eq!(error.kind(), AuthErrorKind::InvalidResponse, "{error:?}");
    let text = error.to_string();
    assert!(text.starts_with(OPERATION) && text.contains(words), "`{text}` should say `{words}`");
}

/// How long the token of one login lasts. Where nothing is said, and where that is a lie, is for the caller to know.
async fn lifetime(expires_in: Value) -> Option<Duration> {
    let canary = Canary::new();
    let before = SystemTime::now();
    let credentials = login(&canary, Answer::token(canary.secret(), expires_in)).await.unwrap();
    let lasted = credentials.expires_at()?.duration_since(before);
    Some(lasted.unwrap_or_default())
}

fn about(lifetime: Option<Duration>, expected: Duration) -> bool {
    // Both clocks run on during the login; nobody's login takes a quarter of an hour.
    lifetime.is_some_and(|lifetime| lifetime.abs_diff(expected) < Duration::from_secs(900))
}

// === expires_in ===

#[tokio::test]
async fn a_lifetime_is_a_number_or_text_or_a_fraction() {
    for expires_in in [json!(36000), json!("36000"), json!(36000.0), json!(36000.9), json!(" 36000 "), json!("3.6e4")] {
        let lifetime = lifetime(expires_in.clone()).await;
        assert!(about(lifetime, Duration::from_secs(36000)), "{expires_in}: {lifetime:?}");
    }
}

#[tokio::test]
async fn a_lifetime_of_ages_is_cut_and_overflows_nothing() {
    for expires_in in [json!(1_000_000_000_000_u64), json!(u64::MAX), json!(1e300), json!("1e400"), json!("inf")] {
        let lifetime = lifetime(expires_in.clone()).await;
        assert!(about(lifetime, TEN_YEARS), "{expires_in}: {lifetime:?}");
    }
}

#[tokio::test]
async fn a_token_without_a_sensible_lifetime_lasts_until_it_is_rejected() {
    for expires_in in [json!(null), json!("soon"), json!(""), json!("NaN"), json!(true), json!([3600]), json!({"s": 1})]
    {
        assert_eq!(lifetime(expires_in.clone()).await, None, "{expires_in}");
    }
    let canary = Canary::new();
    let answer = Answer::json(200, json!({"access_token": canary.secret(), "token_type": "Bearer"}));
    let endpoint = TokenEndpoint::answering([answer]);
    let authenticator = authenticator(&canary, &endpoint);
    for _ in 0..100 {
        assert!(authenticator.fetch_grpc_call_auth_metadata().await.unwrap().is_some());
    }
    assert_eq!(endpoint.requests().len(), 1);
}

#[tokio::test]
async fn a_token_that_is_dead_on_arrival_is_used_once_and_not_asked_for_in_a_spin() {
    for expires_in in [json!(0), json!(-1), json!(-0.5), json!("0"), json!(0.9), json!(i64::MIN)] {
        let canary = Canary::new();
        let endpoint = TokenEndpoint::answering([
            Answer::token(canary.secret(), expires_in.clone()),
            Answer::token(canary.secret(), expires_in.clone()),
        ]);
        let authenticator = authenticator(&canary, &endpoint);
        assert!(authenticator.fetch_grpc_call_auth_metadata().await.unwrap().is_some(), "{expires_in}");
        for _ in 0..100 {
            let error = authenticator.fetch_grpc_call_auth_metadata().await.unwrap_err();
            canary::observe_error(&error);
        }
        assert_eq!(endpoint.requests().len(), 1, "{expires_in}");
    }
}

#[tokio::test]
async fn a_token_that_lives_shorter_than_the_refresh_window_is_not_refreshed_on_every_call() {
    let canary = Arc::new(Canary::new());
    let endpoint = TokenEndpoint::issuing("client", "secret of this test", 60, {
        let canary = canary.clone();
        move || canary.secret()
    });
    let flow = ClientCredentials::new("client", "secret of this test").token_url(endpoint.url());
    let build = || Authenticator::builder("https://flyte.example.com").flow(flow.clone()).login_first(true).build();
    let authenticator = build().unwrap();
    for _ in 0..100 {
        assert!(authenticator.fetch_grpc_call_auth_metadata().await.unwrap().is_some());
    }
    // A refresh in the background would have begun before this login.
    build().unwrap().login().await.unwrap();
    assert_eq!(endpoint.requests().len(), 2);
    assert_eq!(authenticator.statistics().refreshes, 0);
}

#[tokio::test]
async fn a_number_that_is_no_json_makes_the_response_unusable() {
    let canary = Canary::new();
    let body = format!(r#"{{"access_token": "{}", "token_type": "Bearer", "expires_in": NaN}}"#, canary.secret());
    unusable(&canary, Answer::text(200, "application/json", body), "where JSON was expected").await;
}

// === access_token ===

#[tokio::test]
async fn a_response_without_an_access_token_is_an_error() {
    let canary = Canary::new();
    for access_token in [json!(null), json!(""), json!(42), json!([]), json!({})] {
        let answer = Answer::json(200, json!({"access_token": access_token, "token_type": "Bearer"}));
        unusable(&canary, answer, "without an access_token").await;
    }
    let refresh_only = json!({"refresh_token": canary.secret(), "token_type": "Bearer"});
    unusable(&canary, Answer::json(200, refresh_only), "without an access_token").await;
}

#[tokio::test]
async fn an_access_token_that_no_header_can_carry_is_an_error_without_the_token() {
    let canary = Canary::new();
    let secret = canary.secret();
    for access_token in
        [format!("{secret}\n{secret}"), format!("{secret}\r\nx-other: 1"), format!("{secret}é"), format!("a {secret}")]
    {
        let error = refusal(&canary, Answer::token(access_token, 3600)).await;
        assert!(error.kind() == AuthErrorKind::InvalidResponse, "{error}");
        assert!(error.to_string().contains("no header can carry"), "{error}");
    }
}

#[tokio::test]
async fn an_access_token_of_a_megabyte_is_an_error_without_the_token() {
    let canary = Canary::new();
    let megabyte = canary.secret().repeat(30_000);
    let error = refusal(&canary, Answer::token(&megabyte, 3600)).await;
    assert!(error.to_string().contains("more than the 65536"), "{error}");
    let beyond_the_body = Answer::token(megabyte.repeat(2), 3600);
    unusable(&canary, beyond_the_body, "longer than 1048576 bytes").await;
}

#[tokio::test]
async fn further_tokens_of_a_response_are_kept() {
    let canary = Canary::new();
    let (refresh_token, id_token) = (canary.secret(), canary.secret());
    let answer = json!({
        "access_token": canary.secret(), "token_type": "Bearer", "refresh_token": refresh_token, "id_token": id_token,
        "scope": ["unexpected", "list"], "not_before_policy": 0,
    });
    let credentials = login(&canary, Answer::json(200, answer)).await.unwrap();
    assert_eq!(credentials.refresh_token().unwrap().expose_secret(), refresh_token);
    assert_eq!(credentials.id_token().unwrap().expose_secret(), id_token);
}

// === token_type ===

#[tokio::test]
async fn the_token_type_may_be_absent_and_its_case_does_not_matter() {
    for token_type in [json!("bearer"), json!("BEARER"), json!("Bearer"), json!(null), json!(""), json!(7)] {
        let canary = Canary::new();
        let token = canary.secret();
        let answer = Answer::json(200, json!({"access_token": token, "token_type": token_type}));
        let endpoint = TokenEndpoint::answering([answer]);
        let (_, value) = authenticator(&canary, &endpoint).fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
        assert_eq!(value.as_bytes(), format!("Bearer {token}").as_bytes(), "{token_type}");
        canary::observe(&value);
    }
}

#[tokio::test]
async fn an_unknown_token_type_is_refused() {
    let canary = Canary::new();
    for token_type in ["mac", "N_A", "DPoP", "Bearer "] {
        let answer = Answer::json(200, json!({"access_token": canary.secret(), "token_type": token_type}));
        unusable(&canary, answer, "only Bearer tokens can be used").await;
    }
    for (token_type, named) in [
        ("mac", "its token type `mac` is unknown"),
        ("DPoP-2", "its token type `DPoP-2` is unknown"),
        ("sixteen-letters-", "its token type `sixteen-letters-` is unknown"),
        ("seventeen-letters", "its token type is unknown"),
        ("N_A", "its token type is unknown"),
        ("s3cr3t/+=", "its token type is unknown"),
    ] {
        let answer = Answer::json(200, json!({"access_token": canary.secret(), "token_type": token_type}));
        unusable(&canary, answer, named).await;
    }
    let swapped = Answer::json(200, json!({"access_token": "Bearer", "token_type": canary.secret()}));
    unusable(&canary, swapped, "only Bearer tokens can be used").await;
}

// === errors ===

#[tokio::test]
async fn a_response_without_a_content_type_is_called_that() {
    let canary = Canary::new();
    let answer = Answer::text(200, "", "<html></html>");
    unusable(&canary, answer, "HTTP 200 without a content type where JSON was expected").await;
}

#[tokio::test]
async fn an_error_response_keeps_code_and_description() {
    let canary = Canary::new();
    for (status, code) in [(400, "invalid_grant"), (401, "invalid_client"), (403, "access_denied"), (400, "made_up")] {
        let answer = Answer::json(status, json!({"error": code, "error_description": "no\nsuch client"}));
        let error = refusal(&canary, answer).await;
        assert!(!error.is_transient(), "{error}");
        assert_eq!(error.needs_login(), code == "invalid_grant", "{error}");
        assert!(error.to_string().contains(OPERATION), "{error}");
        assert_eq!((error.oauth_error(), error.oauth_error_description()), (Some(code), Some("no such client")));
    }
}

#[tokio::test]
async fn an_error_under_status_200_is_an_error() {
    let canary = Canary::new();
    let answer = Answer::json(200, json!({"error": "invalid_scope", "access_token": canary.secret()}));
    let error = refusal(&canary, answer).await;
    assert!(error.oauth_error() == Some("invalid_scope"), "{error:?}");
}

#[tokio::test]
async fn a_provider_that_says_it_is_unavailable_is_believed_under_any_status() {
    let canary = Canary::new();
    for (status, code) in [(400, "temporarily_unavailable"), (200, "server_error")] {
        let error = refusal(&canary, Answer::json(status, json!({ "error": code }))).await;
        assert!(error.is_transient() && told(&error).contains(code), "{error}");
    }
}

#[tokio::test]
async fn a_page_in_place_of_a_response_is_described_by_status_and_content_type() {
    let canary = Canary::new();
    let page = |status, secret| Answer::text(status, "text/html; charset=utf-8", format!("<p>{secret}</p>"));
    for status in [200, 400, 401, 403, 404] {
        unusable(&canary, page(status, canary.secret()), &format!("HTTP {status} with content type text/html")).await;
    }
    unusable(&canary, Answer::status(200), "HTTP 200 with an empty body").await;
    unusable(&canary, Answer::status(204), "HTTP 204 with an empty body").await;
    unusable(&canary, Answer::json(403, json!({"message": canary.secret()})), "without an OAuth 2 `error`").await;
}

#[tokio::test]
async fn a_form_encoded_response_is_understood() {
    let canary = Canary::new();
    let form = "application/x-www-form-urlencoded";
    let token = canary.secret();
    let body =
        format!("access_token={}&expires_in=3600&token_type=bearer", token.replace('+', "%2B").replace('/', "%2F"));
    let credentials = login(&canary, Answer::text(200, form, body)).await.unwrap();
    assert_eq!(credentials.access_token().expose_secret(), token);
    assert!(credentials.expires_at().is_some());

    let refused = refusal(&canary, Answer::text(200, form, "error=invalid_client&error_description=who%3F")).await;
    assert!(refused.oauth_error() == Some("invalid_client"), "{refused:?}");
}

#[tokio::test]
async fn json_under_another_content_type_or_status_is_understood() {
    let canary = Canary::new();
    for (status, content_type) in [(200, "text/plain"), (200, "text/javascript"), (201, "application/json")] {
        let token = canary.secret();
        let body = json!({ "access_token": token, "token_type": "Bearer" }).to_string();
        let credentials = login(&canary, Answer::text(status, content_type, body)).await.unwrap();
        assert_eq!(credentials.access_token().expose_secret(), token);
    }
}

#[tokio::test]
async fn of_a_field_that_is_there_twice_the_last_one_counts() {
    let canary = Canary::new();
    let (first, second) = (canary.secret(), canary.secret());
    let body = format!(r#"{{"access_token": "{first}", "access_token": "{second}", "token_type": "Bearer"}}"#);
    let credentials = login(&canary, Answer::text(200, "application/json", body)).await.unwrap();
    assert_eq!(credentials.access_token().expose_secret(), second);
}

#[tokio::test]
async fn no_body_is_too_strange_for_an_error() {
    let canary = Canary::new();
    let secret = canary.secret();
    let bodies: Vec<Vec<u8>> = vec![
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"text\"".to_vec(),
        b"\xff\xfe\x00".to_vec(),
        vec![b'['; 100_000],
        br#"{"a":"#.repeat(100_000),
        b"\xef\xbb\xbf{}".to_vec(),
        format!("{secret}: 1").into_bytes(),
        format!("{{\"access_token\": \"{secret}\\ud800\"}}").into_bytes(),
        format!("{{\"access_token\": {{\"error\": \"{secret}\"}}}}").into_bytes(),
    ];
    for body in bodies {
        for status in [200, 400] {
            refusal(&canary, Answer::text(status, "application/json", body.clone())).await;
        }
    }
}

#[tokio::test]
async fn what_a_provider_echoes_of_the_request_is_taken_out_of_its_words() {
    let canary = Canary::new();
    let secret = canary.secret();
    let encoded = secret.replace('+', "%2B").replace('/', "%2F");
    let words = format!(
        "bad secret {secret} ({encoded}, {}), please see {}",
        encoded.to_lowercase(),
        "https://help.example.com/".repeat(100)
    );
    let endpoint = TokenEndpoint::answering([Answer::json(
        400,
        json!({ "error": format!("invalid_client {secret}"), "error_description": words }),
    )]);
    let flow = ClientCredentials::new("client", &secret).token_url(endpoint.url());
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    let error = authenticator.login().await.unwrap_err();
    canary::observe_error(&error);
    assert_eq!(error.oauth_error(), Some("invalid_client [redacted]"));
    let description = error.oauth_error_description().unwrap();
    assert!(description.starts_with("bad secret [redacted] ([redacted], "), "{description}");
    assert!(description.len() < 300, "{description}");
}

// === Content codings ===

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn encoded(status: u16, coding: &str, body: Vec<u8>) -> Answer {
    Answer::text(status, "application/json", body).header("content-encoding", coding)
}

#[tokio::test]
async fn a_response_that_comes_compressed_is_read() {
    let canary = Canary::new();
    let token = canary.secret();
    let body = json!({ "access_token": token, "token_type": "Bearer" }).to_string();
    for answer in [encoded(200, "gzip", gzipped(body.as_bytes())), encoded(200, "deflate", zlib(body.as_bytes()))] {
        assert_eq!(login(&canary, answer).await.unwrap().access_token().expose_secret(), token);
    }
    let refused = json!({ "error": "invalid_client" }).to_string();
    let refused = refusal(&canary, encoded(401, "gzip", gzipped(refused.as_bytes()))).await;
    assert_eq!(refused.oauth_error(), Some("invalid_client"));
}

#[tokio::test]
async fn a_small_response_that_becomes_a_large_one_is_cut() {
    let canary = Canary::new();
    let bomb = gzipped(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 128 * 1024, "{}", bomb.len());
    unusable(&canary, encoded(200, "gzip", bomb), "it is longer than 1048576 bytes").await;
}

#[tokio::test]
async fn a_compression_that_nobody_asked_for_or_that_is_none_is_named() {
    let canary = Canary::new();
    unusable(&canary, encoded(200, "br", vec![0x0b, 2, 0x80, b'{', b'}', 3]), "encoded as br").await;
    unusable(&canary, encoded(200, "gzip", b"{\"access_token\": \"a\"}".to_vec()), "compressed as it says").await;
}

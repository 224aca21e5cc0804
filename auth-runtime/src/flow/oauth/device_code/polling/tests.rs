//! The pauses between polls, on a clock that only sleeps move.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{collections::VecDeque, sync::Arc};

use http::StatusCode;
use oauth2::{ClientId, TokenResponse as _, TokenUrl};
use serde_json::{Value, json};

use super::*;
use crate::AuthErrorKind;

/// Gives each poll its answer, and the last one a token.
struct Script {
    answers: Mutex<VecDeque<Result<Value, AuthError>>>,
    polls: Mutex<Vec<Instant>>,
}

impl Exchange for Script {
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        assert!(String::from_utf8_lossy(request.body()).contains("device_code=the+code"));
        self.polls.lock().unwrap().push(Instant::now());
        let token = json!({ "access_token": "token", "token_type": "bearer" });
        let body = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(token))?;
        let mut response = HttpResponse::new(body.to_string().into_bytes());
        if body.get("error").is_some() {
            *response.status_mut() = StatusCode::BAD_REQUEST;
        }
        Ok(response)
    }
}

fn refused(code: &str) -> Result<Value, AuthError> {
    Ok(json!({ "error": code }))
}

fn down(retry_after: Option<u64>) -> Result<Value, AuthError> {
    Err(AuthError::unavailable(
        "the test",
        retry_after.map(Duration::from_secs),
        Arc::new(std::io::Error::other("down")),
    ))
}

/// How the login ends, and the pauses before each poll in seconds.
async fn poll(
    device: Value,
    answers: impl IntoIterator<Item = Result<Value, AuthError>>,
) -> (Result<(), AuthError>, Vec<u64>) {
    let mut answer = json!({
        "device_code": "the code", "user_code": "user", "verification_uri": "https://idp.example/", "expires_in": 600
    });
    answer.as_object_mut().unwrap().extend(device.as_object().unwrap().clone());
    let answer: DeviceAuthorization = serde_json::from_value(answer).unwrap();
    let client = Client::new(ClientId::new("client".to_owned()))
        .set_token_uri(TokenUrl::new("https://idp.example/token".to_owned()).unwrap());
    let script = Script { answers: Mutex::new(answers.into_iter().collect()), polls: Mutex::default() };
    let begun_at = Instant::now();
    let polling = Polling::new(&script, begun_at, &answer);
    let outcome = polling.run(&client, &answer, &Secrets::new(["the code"])).await;
    let polls = script.polls.lock().unwrap();
    let times: Vec<_> = [begun_at].into_iter().chain(polls.iter().copied()).collect();
    let outcome = outcome.map(|(token, requested_at)| {
        assert_eq!(token.access_token().secret(), "token");
        assert_eq!(Some(&requested_at), times.last());
    });
    (outcome, times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect())
}

#[tokio::test(start_paused = true)]
async fn polls_are_five_seconds_apart_unless_the_provider_says_otherwise() {
    for (device, expected) in [
        (json!({}), 5),
        (json!({ "interval": null }), 5),
        (json!({ "interval": 7 }), 7),
        // Once a second at most.
        (json!({ "interval": 0 }), 1),
    ] {
        let pending = [refused("authorization_pending"), refused("authorization_pending")];
        let (outcome, pauses) = poll(device.clone(), pending).await;
        outcome.unwrap();
        assert_eq!(pauses, [expected; 3], "{device}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_down_lengthens_the_interval_for_good() {
    let (pending, slow) = (|| refused("authorization_pending"), || refused("slow_down"));
    let (outcome, pauses) = poll(json!({}), [slow(), pending(), slow(), slow(), pending()]).await;
    outcome.unwrap();
    assert_eq!(pauses, [5, 10, 10, 15, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_survived_with_longer_and_longer_pauses() {
    let pending = || refused("authorization_pending");
    let (outcome, pauses) = poll(json!({}), [down(None), down(None), down(None), pending(), pending()]).await;
    outcome.unwrap();
    // Never sooner than the interval, and back to it when the provider is.
    assert_eq!(pauses, [5, 10, 20, 40, 5, 5]);
}

#[tokio::test(start_paused = true)]
async fn pauses_in_an_outage_have_a_limit() {
    let (outcome, pauses) = poll(json!({}), (0..6).map(|_| down(None))).await;
    outcome.unwrap();
    assert_eq!(pauses, [5, 10, 20, 40, 60, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn an_outage_does_not_shorten_an_interval_that_was_lengthened() {
    let answers = [refused("slow_down"), refused("slow_down"), down(None), refused("authorization_pending")];
    let (outcome, pauses) = poll(json!({}), answers).await;
    outcome.unwrap();
    assert_eq!(pauses, [5, 10, 15, 30, 15]);
    let (outcome, pauses) = poll(json!({ "interval": 100 }), [down(None)]).await;
    outcome.unwrap();
    assert_eq!(pauses, [100, 100]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_is_kept() {
    let (outcome, pauses) = poll(json!({}), [down(Some(77)), down(Some(1))]).await;
    outcome.unwrap();
    assert_eq!(pauses, [5, 77, 20]);
}

#[tokio::test(start_paused = true)]
async fn any_other_refusal_stops_the_polls() {
    for code in ["access_denied", "expired_token", "invalid_grant", "something_else"] {
        let (outcome, pauses) = poll(json!({}), [refused("authorization_pending"), refused(code)]).await;
        assert!(outcome.unwrap_err().oauth_error() == Some(code));
        assert_eq!(pauses, [5, 5], "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_does_not_pass_stops_the_polls() {
    let nonsense = AuthError::invalid_response("the test", "HTML".to_owned());
    let (outcome, pauses) = poll(json!({}), [Err(nonsense)]).await;
    assert!(outcome.unwrap_err().kind() == AuthErrorKind::InvalidResponse);
    assert_eq!(pauses, [5]);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_nobody_enters_expires_on_time() {
    let started = Instant::now();
    let pending = (0..100).map(|_| refused("authorization_pending"));
    let (outcome, pauses) = poll(json!({ "expires_in": 22 }), pending).await;
    let error = outcome.unwrap_err();
    assert!(error.oauth_error() == Some("expired_token"), "{error:?}");
    assert!(error.to_string().contains("within 22s"), "{error}");
    assert_eq!((pauses, started.elapsed().as_secs()), (vec![5; 4], 22));
}

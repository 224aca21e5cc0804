//! Providers that say no, or something else than was asked for.

use std::time::Duration;

use auth_runtime::{AuthError, Authenticator, flow::ClientCredentials, limits::Limits};
use serde_json::json;
use tests::{
    guard::within_reason,
    login::{Login, start},
    token_endpoint::{Answer, TokenEndpoint},
};

async fn token_request(answer: Answer) -> AuthError {
    let endpoint = TokenEndpoint::answering(vec![answer; 2]);
    let flow = ClientCredentials::new("me", "hunter2").token_url(endpoint.url()).scopes(["a", "b"]);
    let limits = Limits::new().with_http_attempt_timeout(Duration::from_millis(500));
    let authenticator = Authenticator::builder("https://flyte.example.test").flow(flow).limits(limits);
    within_reason("a login", authenticator.build().unwrap().login()).await.unwrap_err()
}

async fn device(device: serde_json::Value) -> AuthError {
    let login = Login::new();
    login.provider.then("/device", Answer::json(200, device));
    within_reason("a device", start(&login.authenticator(login.device_code()))).await.unwrap().unwrap_err()
}

pub(crate) async fn errors() -> Vec<AuthError> {
    let refusal = |code: &str| Answer::json(400, json!({ "error": code, "error_description": "so it is" }));
    let mut errors = Vec::new();
    for answer in [
        Answer::status(503),
        Answer::json(503, json!({ "errorSummary": "down for maintenance" })),
        Answer::json(400, json!({ "error": "server_error" })),
        Answer::text(200, "application/json", r#"{"access_token": "#),
        Answer::silence(),
        refusal("invalid_client"),
        refusal("invalid_grant"),
        refusal("invalid_scope"),
        refusal("access_denied"),
        refusal("invalid_target"),
        Answer::text(200, "text/html", "<title>Sign in</title>"),
        Answer::json(418, json!({ "message": "short and stout" })),
        Answer::json(200, json!({ "id_token": "a" })),
        Answer::json(200, json!({ "access_token": "a", "token_type": "mac" })),
        Answer::json(200, json!({ "access_token": "a\nb", "token_type": "Bearer" })),
        Answer::status(302).header("location", "https://other.example.test/login?a=b"),
        Answer::text(200, "application/json", " ".repeat(4 * 1024 * 1024)),
        Answer::text(200, "application/json", "no gzip").header("content-encoding", "gzip"),
    ] {
        errors.push(token_request(answer).await);
    }
    let with = |key: &str, value: String| {
        let mut answer = json!({
            "device_code": "a", "user_code": "b", "verification_uri": "https://idp.example.test/",
            "expires_in": 600, "interval": 1,
        });
        answer[key] = value.into();
        answer
    };
    errors.push(device(with("user_code", "a".repeat(10_000))).await);
    errors.push(device(with("verification_uri", format!("https://idp.example.test/{}", "a".repeat(100_000)))).await);
    errors.push(device(with("verification_uri", "no URL".to_owned())).await);
    errors.push(device(with("verification_uri", "http://idp.example.test/".to_owned())).await);
    let unanswered = Login::new();
    let authenticator = unanswered.authenticator(unanswered.pkce().timeout(Duration::from_millis(50)));
    errors.push(within_reason("a login", authenticator.login()).await.unwrap_err());
    errors
}

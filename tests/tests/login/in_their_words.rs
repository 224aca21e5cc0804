//! Responses as providers really give them, from their documentation and from public reports.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::time::{Duration, SystemTime};

use auth_runtime::{AuthError, AuthErrorKind, Authenticator, Credentials, flow::ClientCredentials};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tests::{
    call::{Kind, spawn},
    login::{Login, end, start, with_parameters},
    prompt::Shown,
    token_endpoint::{Answer, TokenEndpoint},
};

use crate::refresh::logged_in;

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

async fn token(answer: Answer) -> Result<Credentials, AuthError> {
    let endpoint = TokenEndpoint::answering([answer]);
    let flow = ClientCredentials::new("client", "hunter2").token_url(endpoint.url());
    Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap().login().await
}

/// Whose words, and the response to a refresh.
fn refusals() -> Vec<(&'static str, Answer)> {
    vec![
        (
            "Azure B2C",
            Answer::json(
                400,
                json!({ "error": "invalid_grant", "error_description":
                    "AADB2C90080: The provided grant has expired. Please re-authenticate and try again.\r\n\
                     Correlation ID: 7a3e1d\r\nTimestamp: 2026-11-27 06:00:00Z" }),
            ),
        ),
        (
            "Entra",
            Answer::json(
                400,
                json!({ "error": "interaction_required", "error_description": "AADSTS50076: MFA",
                    "error_codes": [50076], "suberror": "basic_action", "claims": "{}" }),
            ),
        ),
        (
            "Auth0, the token",
            Answer::json(
                403,
                json!({ "error": "invalid_grant", "error_description": "Unknown or invalid refresh token." }),
            ),
        ),
        (
            "Auth0, a second factor",
            Answer::json(
                403,
                json!({ "error": "mfa_required", "error_description": "Multifactor authentication required",
                    "mfa_token": "Fe26.2" }),
            ),
        ),
        (
            "GitHub",
            Answer::text(
                200,
                FORM,
                "error=bad_refresh_token&error_description=The+refresh+token+passed+is+incorrect+or+expired.",
            ),
        ),
        ("Slack", Answer::json(200, json!({ "ok": false, "error": "invalid_refresh_token" }))),
        (
            "Ory Hydra",
            Answer::json(
                401,
                json!({ "error": "token_inactive", "error_description": "Token is inactive because it is malformed.",
                    "error_hint": "The refresh token was used already", "status_code": 401 }),
            ),
        ),
        (
            "Dex",
            Answer::json(
                400,
                json!({ "error": "invalid_request", "error_description":
                    "Refresh token is invalid or has already been claimed by another client." }),
            ),
        ),
        ("Salesforce", Answer::json(400, json!({ "error": "inactive_user", "error_description": "user is inactive" }))),
        (
            "GitLab, older than 14",
            Answer::json(
                401,
                json!({ "error": "invalid_grant", "error_description": "The grant is invalid, expired" }),
            ),
        ),
        (
            "Google",
            Answer::json(
                400,
                json!({ "error": "invalid_grant", "error_description": "reauth related error (invalid_rapt)",
                    "error_subtype": "invalid_rapt" }),
            ),
        ),
        (
            "Zitadel",
            Answer::json(400, json!({ "error": "invalid_grant", "error_description": "Errors.User.RefreshToken" })),
        ),
        (
            "PingFederate",
            Answer::json(400, json!({ "error": "invalid_grant", "error_description": "unknown, invalid, or expired" })),
        ),
        ("Cognito", Answer::text(400, "application/json;charset=UTF-8", "\u{feff}{\"error\":\"invalid_grant\"}")),
    ]
}

#[tokio::test]
async fn a_refresh_that_is_refused_leads_to_one_login_whoever_refuses_it() {
    for (provider, refusal) in refusals() {
        let login = Login::new();
        let authenticator = logged_in(&login).await;
        login.tokens.revoke_all();
        login.provider.then("/token", refusal);
        let waiting = spawn(&login.client(&authenticator), Kind::Unary);
        login.log_in(1).await;
        assert_eq!(waiting.await.unwrap().numbers(), [1], "{provider}");
        assert_eq!(login.prompt.shown().len(), 2, "{provider}");
    }
}

#[tokio::test]
async fn a_provider_that_has_trouble_of_its_own_costs_nobody_a_login() {
    let troubles = [
        ("Spring Boot", 503, json!({ "status": 503, "error": "Service Unavailable", "path": "/oauth/token" })),
        ("AWS API Gateway", 500, json!({ "message": "Internal server error" })),
        ("Auth0", 429, json!({ "error": "access_denied", "error_description": "Global limit has been reached" })),
        ("Okta", 429, json!({ "errorCode": "E0000047", "errorSummary": "API call exceeded rate limit" })),
        ("Google", 500, json!({ "error": { "code": 500, "status": "INTERNAL", "message": "Internal error" } })),
        ("Entra", 400, json!({ "error": "temporarily_unavailable", "error_description": "AADSTS90033" })),
    ];
    for (provider, status, body) in troubles {
        let login = Login::new();
        let authenticator = logged_in(&login).await;
        for _ in 0..2 {
            login.provider.then("/token", Answer::json(status, body.clone()));
        }
        let error = authenticator.refresh_credentials().await.unwrap_err();
        assert!(error.is_transient(), "{provider}: {error:?}");
        assert_eq!(login.prompt.shown().len(), 1, "{provider}");
    }
}

#[tokio::test]
async fn tokens_are_read_from_whatever_surrounds_them() {
    let bearer = |more: serde_json::Value| {
        let mut body = json!({ "access_token": "token", "token_type": "Bearer" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Answer::json(200, body)
    };
    let day = Some(Duration::from_secs(86_400));
    let responses = [
        ("Salesforce", None, bearer(json!({ "issued_at": "1764223200000", "instance_url": "https://a", "id": "b" }))),
        ("GitLab", day, bearer(json!({ "created_at": 1_600_000_000, "expires_in": 86_400 }))),
        (
            "Entra",
            day,
            bearer(json!({ "expires_in": "86400", "ext_expires_in": "90000", "expires_on": "1", "not_before": "1" })),
        ),
        ("Azure B2C", day, bearer(json!({ "not_before": 1, "expires_in": 86_400, "expires_on": 1, "resource": "a" }))),
        (
            "GitHub",
            day,
            Answer::text(200, FORM, "access_token=token&expires_in=86400&scope=repo%2Cgist&token_type=bearer"),
        ),
        (
            "Slack",
            day,
            bearer(json!({ "ok": true, "expires_in": 86_400, "team": { "id": "T" }, "token_type": "bearer" })),
        ),
        ("PingFederate", day, bearer(json!({ "token_type": "BEARER", "expires_in": 86_399.9 }))),
        ("Cognito", day, bearer(json!({ "refresh_token": "", "id_token": null, "expires_in": 86_400 }))),
        (
            "with a byte order mark",
            day,
            Answer::text(200, "application/json", "\u{feff}{\"access_token\": \"token\", \"expires_in\": 86400}\r\n"),
        ),
    ];
    for (provider, lifetime, answer) in responses {
        let before = SystemTime::now();
        let credentials = token(answer).await.unwrap_or_else(|error| panic!("{provider}: {error}"));
        assert_eq!(credentials.access_token().expose_secret(), "token", "{provider}");
        let lasts = credentials.expires_at().map(|end| end.duration_since(before).unwrap());
        let (lasts, lifetime) = (lasts.unwrap_or_default(), lifetime.unwrap_or_default());
        assert!(lasts.abs_diff(lifetime) < Duration::from_secs(900), "{provider}: {lasts:?}");
    }
}

#[tokio::test]
async fn a_type_that_is_not_bearer_is_refused_by_its_name() {
    for token_type in ["JWT", "MAC", "DPoP", "pop"] {
        let answer = Answer::json(200, json!({ "access_token": "token", "token_type": token_type }));
        let error = token(answer).await.unwrap_err();
        assert!(error.to_string().contains(&format!("its token type `{token_type}` is unknown")), "{error}");
    }
}

#[tokio::test]
async fn what_goes_wrong_in_ways_of_their_own_is_told_in_their_words() {
    let failures = [
        (
            "Okta",
            401,
            json!({ "errorCode": "E0000011", "errorSummary": "Invalid token provided" }),
            "Invalid token provided",
        ),
        (
            "Meta",
            400,
            json!({ "error": { "message": "Error validating client secret.", "type": "OAuthException" } }),
            "client secret",
        ),
        ("WeChat", 200, json!({ "errcode": 40_030, "errmsg": "invalid refresh_token" }), "invalid refresh_token"),
        ("AWS WAF", 403, json!({ "message": "Forbidden" }), "Forbidden"),
        ("Spring Boot", 404, json!({ "status": 404, "error": "Not Found", "path": "/token" }), "Not Found"),
    ];
    for (provider, status, body, words) in failures {
        let error = token(Answer::json(status, body)).await.unwrap_err();
        assert!(!error.is_transient(), "{provider}: {error:?}");
        assert!(error.to_string().contains(words), "{provider}: {error}");
    }
}

#[tokio::test]
async fn a_policy_in_the_query_of_an_endpoint_is_sent_along() {
    let endpoint = TokenEndpoint::answering([Answer::token("token", 3600)]);
    let url = format!("{}?p=B2C_1_signin", endpoint.url());
    let flow = ClientCredentials::new("client", "hunter2").token_url(url);
    Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap().login().await.unwrap();
    let request = endpoint.only_request();
    assert!(request.target.ends_with("?p=B2C_1_signin"), "{}", request.target);
    assert_eq!(request.field("grant_type"), Some("client_credentials"));
}

#[tokio::test]
async fn a_login_that_ends_on_a_providers_own_page_is_told_in_its_words() {
    let login = Login::new();
    let authenticator = login.authenticator(login.pkce());
    let attempt = start(&authenticator);
    let callback = login.callback(0).await;
    let words = "AADB2C90118: The user has forgotten their password.";
    let declined = [("code", None), ("error", Some("access_denied")), ("error_description", Some(words))];
    let page = login.browser.visit(&with_parameters(&callback, &declined)).await;
    assert!(page.body.contains("AADB2C90118"), "{}", page.body);
    let error = end(attempt).await.unwrap_err();
    assert_eq!((error.kind(), error.oauth_error()), (AuthErrorKind::Rejected, Some("access_denied")));
    assert!(error.to_string().contains("AADB2C90118"), "{error}");
}

#[tokio::test]
async fn a_device_login_is_polled_though_each_response_is_a_success_in_form_encoding() {
    let login = Login::new();
    let page = login.provider.url("/device");
    login.provider.then(
        "/device",
        Answer::text(
            200,
            FORM,
            format!("device_code=abc&expires_in=899&interval=1&user_code=WDJB-MJHT&verification_uri={page}"),
        ),
    );
    for answer in [
        "error=authorization_pending&error_description=not+yet",
        "error=authorization_pending",
        "access_token=gho_token&scope=&token_type=bearer",
    ] {
        login.provider.then("/token", Answer::text(200, FORM, answer));
    }
    let authenticator = login.authenticator(login.device_code());
    let attempt = start(&authenticator);
    let Shown::DeviceCode { user_code, .. } = login.prompt.nth(0).await else { panic!("a page was shown") };
    assert_eq!(user_code, "WDJB-MJHT");
    end(attempt).await.unwrap();
    assert_eq!(authenticator.get_credentials().unwrap().access_token().expose_secret(), "gho_token");
}

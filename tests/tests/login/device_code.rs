//! A person's login on another device (RFC 8628).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use auth_runtime::{AuthError, AuthErrorKind};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::{
    call::{Kind, call, spawn},
    guard::within_reason,
    login::{Login, start},
    prompt::Shown,
    token_endpoint::Answer,
    told::told,
};

fn refusal(code: &str) -> Answer {
    Answer::json(400, json!({ "error": code }))
}

async fn user_code(login: &Login) -> String {
    match login.prompt.nth(0).await {
        Shown::DeviceCode { user_code, .. } => user_code,
        Shown::Browser { .. } => panic!("a page was shown"),
    }
}

/// A login whose polls are answered with these, and then with a token.
async fn polled(device: Value, polls: impl IntoIterator<Item = Answer>) -> (Login, Result<(), AuthError>) {
    let login = Login::new();
    login.provider.set(|settings| settings.device = device);
    for poll in polls {
        login.provider.then("/token", poll);
    }
    let attempt = start(&login.authenticator(login.device_code()));
    let user_code = user_code(&login).await;
    login.provider.decide(&user_code, true);
    let outcome = attempt.await.unwrap();
    (login, outcome)
}

#[tokio::test]
async fn a_call_that_needs_a_login_gets_one_from_another_device() {
    let login = Login::new();
    login.provider.set(|settings| settings.device = json!({ "expires_in": 600, "interval": 1 }));
    let authenticator = login.authenticator(login.device_code());
    let client = login.client(&authenticator);
    let waiting: Vec<_> = (0..50).map(|number| spawn(&client, Kind::ALL[number % 4])).collect();
    let code = user_code(&login).await;
    login.provider.decide(&code, true);
    for call in waiting {
        assert_eq!(within_reason("a call", call).await.unwrap().numbers(), [1]);
    }
    assert_eq!(login.prompt.shown().len(), 1);
    assert_eq!(login.prompt.finished(), [true]);

    let refresh_token = authenticator.get_credentials().unwrap().refresh_token().unwrap().expose_secret().to_owned();
    login.tokens.revoke_all();
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [1]);
    let refresh = login.provider.requests("/token").pop().unwrap();
    assert_eq!(refresh.field("refresh_token"), Some(refresh_token.as_str()));
    assert_eq!(login.prompt.shown().len(), 1, "nobody was asked again");
}

#[tokio::test]
async fn a_secret_scopes_and_an_audience_are_sent_where_they_are_set() {
    let login = Login::new();
    login.provider.set(|settings| settings.device = json!({ "expires_in": 600, "interval": 1 }));
    let secret = login.canary.secret();
    let flow = login.device_code().client_secret(&secret).scopes(["all", "", "offline"]).audience("flyte");
    let attempt = start(&login.authenticator(flow));
    let user_code = user_code(&login).await;
    login.provider.decide(&user_code, true);
    attempt.await.unwrap().unwrap();
    let device = login.provider.requests("/device").pop().unwrap();
    assert_eq!(device.names(), ["audience", "client_id", "client_secret", "scope"]);
    assert_eq!(device.field("scope"), Some("all offline"));
    assert_eq!(device.field("audience"), Some("flyte"));
    let token = login.provider.requests("/token").pop().unwrap();
    for request in [device, token] {
        assert_eq!(request.field("client_secret"), Some(secret.as_str()), "{request:?}");
    }
}

#[tokio::test]
async fn a_provider_that_stumbles_is_asked_again() {
    let polls = [
        refusal("authorization_pending"),
        Answer::text(502, "text/html", "<h1>Bad gateway</h1>"),
        Answer::reset(),
        refusal("authorization_pending"),
    ];
    let (login, outcome) = polled(json!({ "expires_in": "600", "interval": "0" }), polls).await;
    outcome.unwrap();
    assert_eq!(login.provider.requests("/token").len(), 5);
    assert_eq!(login.prompt.finished(), [true]);
}

#[tokio::test]
async fn a_refusal_stops_the_polls() {
    for code in ["access_denied", "expired_token", "invalid_grant", "invalid_client", "something_else"] {
        let (login, outcome) = polled(json!({ "expires_in": 600, "interval": 1 }), [refusal(code)]).await;
        let error = outcome.unwrap_err();
        assert!(error.oauth_error() == Some(code), "{error:?}");
        assert_eq!(login.provider.requests("/token").len(), 1, "{code}");
        assert_eq!(login.prompt.finished(), [false]);
    }
}

#[tokio::test]
async fn a_response_that_makes_no_sense_stops_the_polls() {
    for answer in [
        Answer::text(200, "text/html", "<h1>Sign in</h1>"),
        Answer::text(404, "text/html", "<h1>Not found</h1>"),
        Answer::status(302).header("location", "https://elsewhere.example/"),
    ] {
        let (login, outcome) = polled(json!({ "expires_in": 600, "interval": 1 }), [answer]).await;
        let error = outcome.unwrap_err();
        assert!(error.kind() == AuthErrorKind::InvalidResponse, "{error:?}");
        assert_eq!(login.provider.requests("/token").len(), 1);
    }
}

#[tokio::test]
async fn a_code_that_nobody_enters_expires() {
    let login = Login::new();
    login.provider.set(|settings| settings.device = json!({ "expires_in": 2, "interval": 1 }));
    let error = start(&login.authenticator(login.device_code())).await.unwrap().unwrap_err();
    assert!(error.oauth_error() == Some("expired_token"), "{error:?}");
    assert_eq!(login.prompt.finished(), [false]);
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_the_timeout() {
    let login = Login::new();
    let bound = Duration::from_secs(1);
    let flow = login.device_code().timeout(bound);
    let error = start(&login.authenticator(flow)).await.unwrap().unwrap_err();
    assert!(error.timeout() == Some(bound), "{error:?}");
    assert!(login.provider.requests("/token").is_empty(), "the interval of five seconds was not over");
    assert_eq!(login.prompt.finished(), [false]);
}

#[tokio::test]
async fn the_person_is_shown_all_that_the_provider_says() {
    let complete = "https://idp.example/device?user_code=X";
    for (device, expected) in [
        (json!({ "expires_in": 99, "interval": 1, "verification_uri_complete": complete }), Some(complete.to_owned())),
        (json!({ "expires_in": 99, "interval": 1 }), None),
    ] {
        let mut device = device;
        device["verification_uri"] = "https://idp.example/device".into();
        let (login, outcome) = polled(device, []).await;
        outcome.unwrap();
        let Shown::DeviceCode { verification_uri, verification_uri_complete, expires_in, .. } =
            login.prompt.nth(0).await
        else {
            panic!("a page was shown");
        };
        assert_eq!(verification_uri, "https://idp.example/device");
        assert_eq!(verification_uri_complete, expected);
        assert_eq!(expires_in, Duration::from_secs(99));
    }
}

#[tokio::test]
async fn a_provider_that_begins_no_login_shows_nothing() {
    let incomplete = json!({ "device_code": "x", "user_code": "y", "expires_in": 600 });
    for (answer, expected) in [
        (refusal("unauthorized_client"), "`unauthorized_client`"),
        (Answer::text(200, "text/html", "<h1>Sign in</h1>"), "content type text/html"),
        (Answer::json(200, incomplete), "without a verification_uri"),
        (Answer::status(404), "HTTP 404"),
        (Answer::status(503), "HTTP 503"),
    ] {
        let login = Login::new();
        login.provider.then("/device", answer);
        let error = start(&login.authenticator(login.device_code())).await.unwrap().unwrap_err();
        assert!(told(&error).contains(expected), "{error}");
        assert!(login.prompt.shown().is_empty());
        assert!(login.provider.requests("/token").is_empty());
    }
}

#[tokio::test]
async fn the_older_name_of_the_page_is_understood() {
    let login = Login::new();
    let answer = json!({
        "device_code": login.canary.secret(), "user_code": "y", "verification_url": "https://idp.example/old", "expires_in": 600,
        "interval": 1
    });
    login.provider.then("/device", Answer::json(200, answer)).then("/token", refusal("access_denied"));
    start(&login.authenticator(login.device_code())).await.unwrap().unwrap_err();
    assert!(
        matches!(login.prompt.nth(0).await, Shown::DeviceCode { verification_uri, .. } if verification_uri.ends_with("/old"))
    );
}

#[tokio::test]
async fn dropping_the_authenticator_ends_the_polls() {
    let login = Login::new();
    let authenticator = login.authenticator(login.device_code());
    let attempt = start(&authenticator);
    user_code(&login).await;
    attempt.abort();
    let _ = attempt.await;
    drop(authenticator);
    login.prompt.ended(1).await;
    assert_eq!(login.prompt.finished(), [false]);
}

#[tokio::test]
async fn secret_scopes_and_audience_are_sent_as_they_are_set_and_empty_ones_are_not() {
    let login = Login::new();
    login.provider.set(|settings| settings.device = json!({ "expires_in": 600, "interval": 1 }));
    let secret = login.canary.secret();
    let flow = login.device_code().client_secret(&secret).scopes(["all", "", "offline"]).audience("the audience");
    let attempt = start(&login.authenticator(flow));
    let code = user_code(&login).await;
    login.provider.decide(&code, true);
    attempt.await.unwrap().unwrap();
    let begun = login.provider.requests("/device").remove(0);
    assert_eq!(begun.field("client_secret"), Some(secret.as_str()));
    assert_eq!(begun.field("scope"), Some("all offline"));
    assert_eq!(begun.field("audience"), Some("the audience"));
    let polled = login.provider.requests("/token").remove(0);
    assert_eq!(polled.field("client_secret"), Some(secret.as_str()));

    let login = Login::new();
    let attempt = start(&login.authenticator(login.device_code().audience("").scopes([""])));
    user_code(&login).await;
    attempt.abort();
    let begun = login.provider.requests("/device").remove(0);
    assert_eq!((begun.field("audience"), begun.field("scope")), (None, None));
}

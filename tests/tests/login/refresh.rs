//! Refresh tokens that are no longer good: the full login follows, once, if somebody may be asked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::{Duration, SystemTime};

use auth_runtime::{Authenticator, Credentials, Interaction};
use serde_json::json;
use tests::{
    call::{Kind, call, spawn},
    canary,
    login::Login,
    prompt::Shown,
    token_endpoint::Answer,
    told::told,
};

pub(crate) async fn logged_in(login: &Login) -> Authenticator {
    let authenticator = login.authenticator(login.pkce());
    let attempt = tokio::spawn({
        let authenticator = authenticator.clone();
        async move { authenticator.login().await }
    });
    login.log_in(0).await;
    attempt.await.unwrap().unwrap();
    authenticator
}

#[tokio::test]
async fn a_revoked_refresh_token_leads_to_one_full_login() {
    let login = Login::new();
    let authenticator = logged_in(&login).await;
    let client = login.client(&authenticator);
    login.tokens.revoke_all();
    login.provider.revoke_refresh_tokens();
    let waiting: Vec<_> = (0..50).map(|number| spawn(&client, Kind::ALL[number % 4])).collect();
    login.log_in(1).await;
    for call in waiting {
        assert_eq!(call.await.unwrap().numbers(), [1]);
    }
    assert_eq!(login.prompt.shown().len(), 2);
    assert_eq!(login.prompt.finished(), [true, true]);
}

#[tokio::test]
async fn a_rotation_whose_response_was_lost_leads_to_a_login_and_not_to_a_loop() {
    let login = Login::new();
    let authenticator = logged_in(&login).await;
    let client = login.client(&authenticator);
    login.tokens.revoke_all();
    // The provider has rotated, and the answer never came: the old token is spent.
    login.provider.then("/token", Answer::reset());
    login.provider.revoke_refresh_tokens();
    let waiting = spawn(&client, Kind::Unary);
    login.provider.requested("/token", 2).await;
    assert_eq!(login.prompt.shown().len(), 1, "a lost answer is no reason to ask anybody");
    // The next attempt is refused.
    login.log_in(1).await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    let refreshes = login.provider.requests("/token").iter().filter(|one| one.field("refresh_token").is_some()).count();
    assert_eq!(refreshes, 2);
}

#[tokio::test]
async fn where_nobody_may_be_asked_the_error_says_to_log_in() {
    let login = Login::new();
    let credentials = logged_in(&login).await.get_credentials().unwrap();
    login.tokens.revoke_all();
    login.provider.revoke_refresh_tokens();
    let builder = login.builder(login.pkce()).interaction(Interaction::Never).credentials(credentials);
    let authenticator = builder.login_command("flyte-admin login").build().unwrap();
    let error = authenticator.refresh_credentials().await.unwrap_err();
    canary::observe_error(&error);
    assert!(error.needs_login(), "{error:?}");
    assert_eq!(login.prompt.shown().len(), 1);
}

#[tokio::test]
async fn a_device_login_falls_back_to_another_device_login() {
    let login = Login::new();
    login.provider.set(|settings| settings.device = serde_json::json!({ "expires_in": 600, "interval": 1 }));
    let authenticator = login.authenticator(login.device_code());
    for number in 0..2 {
        let attempt = tokio::spawn({
            let authenticator = authenticator.clone();
            async move { authenticator.refresh_credentials().await }
        });
        let Shown::DeviceCode { user_code, .. } = login.prompt.nth(number).await else { panic!("a page was shown") };
        login.provider.decide(&user_code, true);
        attempt.await.unwrap().unwrap();
        login.provider.revoke_refresh_tokens();
    }
}

#[tokio::test]
async fn any_other_refusal_of_a_refresh_asks_nobody() {
    let login = Login::new();
    let authenticator = logged_in(&login).await;
    let refusal = serde_json::json!({ "error": "invalid_client" });
    login.provider.then("/token", Answer::json(401, refusal));
    let error = authenticator.refresh_credentials().await.unwrap_err();
    assert!(error.oauth_error() == Some("invalid_client"), "{error:?}");
    assert_eq!(login.prompt.shown().len(), 1);
}

#[tokio::test]
async fn why_a_refresh_token_was_refused_is_told_for_as_long_as_nobody_may_be_asked() {
    let login = Login::new();
    let credentials = logged_in(&login).await.get_credentials().unwrap();
    login.tokens.revoke_all();
    let words = json!({ "error": "invalid_grant", "error_description": "the session was ended elsewhere" });
    login.provider.then("/token", Answer::json(400, words));
    let builder = login.builder(login.pkce()).interaction(Interaction::Never).credentials(credentials);
    let authenticator = builder.build().unwrap();
    for attempt in 0..3 {
        let error = authenticator.refresh_credentials().await.unwrap_err();
        canary::observe_error(&error);
        assert!(error.needs_login(), "{error:?}");
        assert!(told(&error).contains("ended elsewhere"), "attempt {attempt}: {}", told(&error));
    }
    let refreshes = login.provider.requests("/token");
    assert_eq!(refreshes.iter().filter(|one| one.field("refresh_token").is_some()).count(), 1, "it is sent once");
}

#[tokio::test]
async fn an_unknown_code_leads_to_a_login_under_the_statuses_that_oauth_has_for_refusals() {
    for (status, leads_to_login) in [(200, true), (400, true), (401, true), (403, false), (404, false), (422, false)] {
        let login = Login::new();
        let authenticator = logged_in(&login).await;
        login.tokens.revoke_all();
        login.provider.then("/token", Answer::json(status, json!({ "error": "not_allowed" })));
        let waiting = spawn(&login.client(&authenticator), Kind::Unary);
        if leads_to_login {
            login.log_in(1).await;
            assert_eq!(waiting.await.unwrap().numbers(), [1], "{status}");
        } else {
            let outcome = waiting.await.unwrap();
            assert!(outcome.status().message().contains("not_allowed"), "{status}: {:?}", outcome.status);
            assert_eq!(login.prompt.shown().len(), 1, "{status}: nobody was asked");
        }
    }
}

#[tokio::test]
async fn credentials_that_are_given_and_have_ended_are_refreshed_before_the_first_call() {
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let ends: [fn(Credentials, SystemTime) -> Credentials; 2] =
        [Credentials::with_expires_at, |credentials, _| credentials.with_expires_in(Duration::ZERO)];
    for end in ends {
        let login = Login::new();
        let given = end(logged_in(&login).await.get_credentials().unwrap(), an_hour_ago);
        login.tokens.revoke_all();
        let builder = login.builder(login.pkce()).interaction(Interaction::Never).credentials(given);
        let client = login.client(&builder.build().unwrap());
        assert_eq!(call(&client, Kind::Unary).await.numbers(), [1]);
        let refreshes = login.provider.requests("/token");
        assert_eq!(refreshes.iter().filter(|one| one.field("refresh_token").is_some()).count(), 1);
        assert_eq!((login.prompt.shown().len(), login.peer.requests().len()), (1, 1), "nothing is sent in vain");
    }
}

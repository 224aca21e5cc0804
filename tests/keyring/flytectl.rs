//! The entry that flytectl keeps, by the library that flytectl uses.

use auth_runtime::{
    Credentials,
    flyte::{KeyringLayout, LoginStore, SharedKeyring},
    store::MemoryStore,
};
use serde_json::{Value, json};
use tests::{
    call::{Kind, call, spawn},
    login::Login,
    store::logged_in_before,
};
use tonic::Code;

use super::{
    access_token,
    entry::{flytectl, items},
    flytectl_user, next_run, refresh_token, refreshed, service,
};

/// As it stands in flytectl's configuration.
fn endpoint(login: &Login) -> String {
    format!("dns:///{}", service(login))
}

fn token(credentials: &Credentials) -> String {
    json!({
        "access_token": access_token(credentials),
        "token_type": "bearer",
        "refresh_token": refresh_token(credentials),
        "expiry": "2099-01-01T01:02:03.456789+02:00",
    })
    .to_string()
}

fn kept(login: &Login) -> Value {
    serde_json::from_str(&flytectl("get", &endpoint(login), "").unwrap()).unwrap()
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn the_login_of_flytectl_is_used_survives_a_logout_and_is_named_by_it() {
    let login = Login::new();
    let credentials = logged_in_before(&login, MemoryStore::new()).await;
    flytectl("set", &endpoint(&login), &token(&credentials)).unwrap();

    let logins = LoginStore::new().keyring(SharedKeyring::new());
    let flow = login.pkce().revocation_url(login.provider.url("/revoke"));
    let authenticator = login.builder(flow).store(logins.clone()).build().unwrap();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(login.prompt.shown().len(), 1, "nobody was asked again");

    let before = kept(&login);
    assert!(!authenticator.logout().await.unwrap(), "nothing of this program's was there");
    assert_eq!(kept(&login), before);
    assert!(login.provider.requests("/revoke").is_empty(), "flytectl goes on with its tokens");
    let [name] = &logins.left_behind()[..] else { panic!("{:?}", logins.left_behind()) };
    assert!(name.contains("flytectl") && name.contains(&flytectl_user(&login)), "{name}");

    // The next run wants a login of its own.
    let waiting = spawn(&login.client(&next_run(&login, SharedKeyring::new())), Kind::Unary);
    login.log_in(1).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert!(next_run(&login, SharedKeyring::new()).logout().await.unwrap());
    assert_eq!(kept(&login), before, "the second logout does not touch it either");

    // Once flytectl has logged in again, its login counts.
    let newer = refreshed(&login, &credentials).await;
    flytectl("set", &endpoint(&login), &token(&newer)).unwrap();
    let authenticator = next_run(&login, SharedKeyring::new());
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert!(authenticator.get_credentials().unwrap().same_tokens(&newer));
    assert_eq!(login.prompt.shown().len(), 2);
    flytectl("delete", &endpoint(&login), "").unwrap();
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_refused_refresh_token_of_flytectl_keeps_nobody_from_logging_in() {
    let login = Login::new();
    let dead = logged_in_before(&login, MemoryStore::new()).await;
    login.tokens.revoke_all();
    login.provider.revoke_refresh_tokens();
    flytectl("set", &endpoint(&login), &token(&dead)).unwrap();
    let before = kept(&login);
    for number in 1..3 {
        let authenticator = next_run(&login, SharedKeyring::new());
        authenticator.logout().await.unwrap();
        let (credentials, _) = tokio::join!(authenticator.login(), login.log_in(number));
        credentials.unwrap();
        assert_eq!(kept(&login), before);
    }
    flytectl("delete", &endpoint(&login), "").unwrap();
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn what_is_written_for_flytectl_is_the_entry_that_flytectl_writes() {
    let login = Login::new();
    let store = || SharedKeyring::new().write_as(KeyringLayout::Flytectl);
    let mut current = logged_in_before(&login, store()).await;
    for turn in 0..4 {
        let kept = kept(&login);
        assert_eq!(kept["access_token"], access_token(&current), "{turn}");
        assert_eq!(kept["refresh_token"], refresh_token(&current), "{turn}");
        assert_eq!(items("flytectl", &flytectl_user(&login)).len(), 1, "{turn}");
        if turn % 2 == 0 {
            current = refreshed(&login, &current).await;
            flytectl("set", &endpoint(&login), &token(&current)).unwrap();
        } else {
            login.tokens.revoke(access_token(&current));
            let authenticator = next_run(&login, store());
            assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
            current = authenticator.get_credentials().unwrap();
        }
    }
    assert_eq!(login.prompt.shown().len(), 1);
    flytectl("delete", &endpoint(&login), "").unwrap();
}

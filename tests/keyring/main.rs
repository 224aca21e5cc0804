//! Stored credentials in a real keyring, shared with Python's `keyring`: `tests/keyring/run` starts one and runs these.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod entry;
mod flyte2;
mod flytectl;
mod items;
mod places;
mod turns;

use auth_runtime::{
    Authenticator, Credentials,
    flyte::{KeyringLayout, SharedKeyring},
    store::MemoryStore,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::{
    call::{Kind, call, spawn},
    login::Login,
    process::Process,
    store::logged_in_before,
    token_endpoint::Answer,
};
use tonic::Code;

use self::entry::{delete, get, lock_keyring, set};

/// How flytekit and Flyte 2 name the service: the endpoint without its scheme.
fn service(login: &Login) -> String {
    login.peer.address().to_string()
}

fn flytectl_user(login: &Login) -> String {
    format!("dns:///{}:flytectl-user", service(login))
}

fn next_run(login: &Login, store: SharedKeyring) -> Authenticator {
    login.builder(login.pkce()).store(store).build().unwrap()
}

fn access_token(credentials: &Credentials) -> &str {
    credentials.access_token().expose_secret()
}

fn refresh_token(credentials: &Credentials) -> &str {
    credentials.refresh_token().unwrap().expose_secret()
}

/// What the provider issues in place of these.
async fn refreshed(login: &Login, credentials: &Credentials) -> Credentials {
    let authenticator = login.builder(login.pkce()).credentials(credentials.clone()).build().unwrap();
    authenticator.refresh_credentials().await.unwrap()
}

/// What flytekit leaves behind after a login.
fn stored_by_flytekit(login: &Login, credentials: &Credentials) {
    set(&service(login), "refresh_token", refresh_token(credentials));
    set(&service(login), "access_token", access_token(credentials));
    set(&service(login), "id_token", &login.canary.secret());
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_login_made_by_flytekit_is_used() {
    let login = Login::new();
    let credentials = logged_in_before(&login, MemoryStore::new()).await;
    stored_by_flytekit(&login, &credentials);
    let authenticator = next_run(&login, SharedKeyring::new());
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(login.peer.requests()[0].bearer().unwrap(), access_token(&credentials));
    assert!(authenticator.get_credentials().unwrap().id_token().is_some());
    assert_eq!(login.prompt.shown().len(), 1, "nobody was asked again");
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_refreshed_login_is_picked_up_by_flytekit() {
    let login = Login::new();
    let credentials = logged_in_before(&login, MemoryStore::new()).await;
    stored_by_flytekit(&login, &credentials);
    login.tokens.revoke(access_token(&credentials));
    let authenticator = next_run(&login, SharedKeyring::new());
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    let refreshed = authenticator.get_credentials().unwrap();
    assert_eq!(get(&service(&login), "access_token").unwrap(), access_token(&refreshed));
    assert_eq!(get(&service(&login), "refresh_token").unwrap(), refresh_token(&refreshed));
    assert_ne!(refresh_token(&refreshed), refresh_token(&credentials));
    assert_eq!(get(&service(&login), "id_token"), None, "the old one does not belong to the new tokens");
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_login_made_here_is_picked_up_by_flytekit_and_by_the_next_run() {
    let login = Login::new();
    let credentials = logged_in_before(&login, SharedKeyring::new()).await;
    assert_eq!(get(&service(&login), "access_token").unwrap(), access_token(&credentials));
    assert_eq!(get(&service(&login), "refresh_token").unwrap(), refresh_token(&credentials));
    let authenticator = next_run(&login, SharedKeyring::new());
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert_eq!((login.peer.requests().len(), login.prompt.shown().len()), (1, 1));
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn logins_made_by_flytectl_and_by_flyte_2_are_used() {
    for layout in [KeyringLayout::Flytectl, KeyringLayout::Flyte2] {
        let login = Login::new();
        let credentials = logged_in_before(&login, MemoryStore::new()).await;
        let mut tokens =
            json!({ "access_token": access_token(&credentials), "refresh_token": refresh_token(&credentials) });
        if layout == KeyringLayout::Flytectl {
            tokens["token_type"] = "bearer".into();
            tokens["expiry"] = "2099-01-01T01:02:03.456789+02:00".into();
            set("flytectl", &flytectl_user(&login), &tokens.to_string());
        } else {
            set(&service(&login), "tokens", &tokens.to_string());
        }
        let authenticator = next_run(&login, SharedKeyring::new());
        assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok, "{layout:?}");
        assert_eq!(login.peer.requests()[0].bearer().unwrap(), access_token(&credentials), "{layout:?}");
    }
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_login_is_written_for_flytectl_or_flyte_2_when_asked() {
    for layout in [KeyringLayout::Flytectl, KeyringLayout::Flyte2] {
        let login = Login::new();
        let credentials = logged_in_before(&login, SharedKeyring::new().write_as(layout)).await;
        let stored = match layout {
            KeyringLayout::Flytectl => get("flytectl", &flytectl_user(&login)),
            _ => get(&service(&login), "tokens"),
        };
        let stored: Value = serde_json::from_str(&stored.unwrap()).unwrap();
        assert_eq!(stored["access_token"], access_token(&credentials), "{layout:?}");
        assert_eq!(stored["refresh_token"], refresh_token(&credentials), "{layout:?}");
        assert_eq!(stored.get("expiry").is_some(), layout == KeyringLayout::Flytectl);
        assert_eq!(get(&service(&login), "access_token"), None, "{layout:?}");
    }
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_rejected_refresh_token_is_deleted_and_another_programs_login_behind_it_is_used() {
    let login = Login::new();
    let dead = logged_in_before(&login, MemoryStore::new()).await;
    login.tokens.revoke_all();
    login.provider.revoke_refresh_tokens();
    stored_by_flytekit(&login, &dead);
    let alive = logged_in_before(&login, MemoryStore::new()).await;
    let tokens = json!({ "access_token": access_token(&alive), "refresh_token": refresh_token(&alive) });
    set(&service(&login), "tokens", &tokens.to_string());

    let authenticator = next_run(&login, SharedKeyring::new());
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(authenticator.get_credentials().unwrap().access_token().expose_secret(), access_token(&alive));
    assert_eq!(get(&service(&login), "access_token"), None);
    assert_eq!(get(&service(&login), "refresh_token"), None);
    assert_eq!(login.prompt.shown().len(), 2, "nobody was asked again");
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_login_of_flytekits_whose_refresh_token_is_refused_in_any_way_heals_by_itself() {
    for (status, code, tries) in [(400, "invalid_request", 1), (401, "invalid_token", 1), (500, "server_error", 2)] {
        let login = Login::new();
        let dead = logged_in_before(&login, MemoryStore::new()).await;
        login.tokens.revoke_all();
        stored_by_flytekit(&login, &dead);
        for _ in 0..tries {
            login.provider.then("/token", Answer::json(status, json!({ "error": code })));
        }
        let waiting = spawn(&login.client(&next_run(&login, SharedKeyring::new())), Kind::Unary);
        login.log_in(1).await;
        assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{status} {code}");
        let next = next_run(&login, SharedKeyring::new());
        assert_eq!(call(&login.client(&next), Kind::Unary).await.code(), Code::Ok, "{status} {code}");
        assert_eq!(login.prompt.shown().len(), 2, "{status} {code}: one login heals it");
    }
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn an_id_token_alone_is_no_login() {
    let login = Login::new();
    set(&service(&login), "id_token", &login.canary.secret());
    let authenticator = next_run(&login, SharedKeyring::new());
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    login.log_in(0).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert_eq!(login.peer.requests()[0].bearer(), None);
    delete(&service(&login), "access_token");
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn programs_that_share_a_keyring_refresh_a_rotating_token_once() {
    let login = Login::new();
    logged_in_before(&login, SharedKeyring::new()).await;
    let [endpoint, token_url] = [login.peer.endpoint(), login.provider.url("/token")];
    let start = || Process::start(env!("CARGO_BIN_EXE_store_process"), &[&endpoint, &token_url, "keyring"]);
    let (mut one, mut other) = (start(), start());
    for round in 0..3 {
        let answers = tokio::join!(one.ask("call"), other.ask("call"));
        assert_eq!(answers, ("ok".to_owned(), "ok".to_owned()), "round {round}");
        assert_eq!(login.provider.requests("/token").len(), 1 + round);
        login.tokens.revoke_all();
    }
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_locked_keyring_that_nobody_can_unlock_does_not_keep_anybody_from_logging_in() {
    let login = Login::new();
    lock_keyring();
    let authenticator = next_run(&login, SharedKeyring::new());
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    login.log_in(0).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
}

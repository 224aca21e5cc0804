//! Stored logins whose refresh token the provider refuses, in any of the ways in which providers do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    error::Error as _,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use auth_runtime::{
    AuthErrorKind, Authenticator, Credentials, Interaction,
    store::{CredentialsStore, FileStore, MemoryStore, StoreError, StoreKey},
};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tests::{
    call::{Kind, call, spawn},
    canary,
    login::Login,
    store::{WatchedStore, key, logged_in_before},
    token_endpoint::Answer,
};
use tonic::Code;

fn next_run(login: &Login, store: &WatchedStore) -> Authenticator {
    login.builder(login.pkce()).store(store.clone()).build().unwrap()
}

fn expired(credentials: Credentials) -> Credentials {
    credentials.with_expires_at(SystemTime::now() - Duration::from_secs(1))
}

async fn with_expired_token(login: &Login, store: &WatchedStore) -> Credentials {
    let stored = expired(logged_in_before(login, store.clone()).await);
    login.tokens.revoke_all();
    store.memory().save(&key(login), &stored).await.unwrap();
    stored
}

fn refusal(status: u16, code: &str) -> Answer {
    Answer::json(status, json!({ "error": code, "error_description": "the refresh token is of no use" }))
}

/// The refresh tokens that the provider was sent.
fn sent(login: &Login) -> Vec<String> {
    let requests = login.provider.requests("/token");
    requests.iter().filter_map(|request| request.field("refresh_token").map(str::to_owned)).collect()
}

fn refresh_token(credentials: &Credentials) -> String {
    credentials.refresh_token().unwrap().expose_secret().to_owned()
}

#[tokio::test]
async fn a_refusal_leads_to_one_full_login_however_the_provider_says_so() {
    let refusals = [
        (400, "invalid_grant", 1),
        (400, "invalid_request", 1),
        (401, "invalid_token", 1),
        (400, "access_denied", 1),
        (400, "interaction_required", 1),
        (400, "login_required", 1),
        (400, "consent_required", 1),
        (400, "not_allowed", 1),
        // After one more try.
        (500, "server_error", 2),
        (500, "invalid_grant", 2),
    ];
    let logins = refusals.map(|(status, code, tries)| async move {
        let (login, store) = (Login::new(), WatchedStore::new());
        let stored = with_expired_token(&login, &store).await;
        for _ in 0..tries {
            login.provider.then("/token", refusal(status, code));
        }
        let waiting = spawn(&login.client(&next_run(&login, &store)), Kind::Unary);
        login.log_in(1).await;
        assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{status} {code}");
        assert_eq!(sent(&login), vec![refresh_token(&stored); tries], "{status} {code}");
        assert!(!store.content(&login).await.unwrap().same_tokens(&stored), "{status} {code}");

        // The next run finds the new login.
        assert_eq!(call(&login.client(&next_run(&login, &store)), Kind::Unary).await.code(), Code::Ok);
        assert_eq!(login.prompt.shown().len(), 2, "{status} {code}");
    });
    futures_util::future::join_all(logins).await;
}

#[tokio::test]
async fn a_login_in_a_file_whose_refresh_token_is_refused_heals_by_itself_in_the_next_run() {
    for (status, code, tries) in [(400, "invalid_request", 1), (401, "invalid_token", 1), (500, "server_error", 2)] {
        let (login, folder) = (Login::new(), tempfile::tempdir().unwrap());
        let store = || FileStore::new(folder.path());
        let stored = expired(logged_in_before(&login, store()).await);
        login.tokens.revoke_all();
        store().save(&key(&login), &stored).await.unwrap();
        let run = || login.builder(login.pkce()).store(store()).build().unwrap();
        for _ in 0..tries {
            login.provider.then("/token", refusal(status, code));
        }
        let waiting = spawn(&login.client(&run()), Kind::Unary);
        login.log_in(1).await;
        assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{status} {code}");
        assert_eq!(call(&login.client(&run()), Kind::Unary).await.code(), Code::Ok, "{status} {code}");
        assert_eq!(login.prompt.shown().len(), 2, "{status} {code}: one login heals it");
    }
}

#[tokio::test]
async fn a_provider_that_has_a_bad_moment_costs_nobody_a_login() {
    let moments = [(500, "server_error"), (503, "temporarily_unavailable"), (429, "slow_down")];
    let logins = moments.map(|(status, code)| async move {
        let (login, store) = (Login::new(), WatchedStore::new());
        with_expired_token(&login, &store).await;
        login.provider.then("/token", refusal(status, code));
        let outcome = call(&login.client(&next_run(&login, &store)), Kind::Unary).await;
        assert_eq!(outcome.code(), Code::Ok, "{status} {code}: {:?}", outcome.status);
        assert_eq!((login.prompt.shown().len(), sent(&login).len()), (1, 2), "{status} {code}");
    });
    futures_util::future::join_all(logins).await;
}

#[tokio::test]
async fn where_nobody_may_be_asked_the_providers_reason_is_told_and_a_login_by_hand_heals() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let stored = with_expired_token(&login, &store).await;
    login.provider.then("/token", refusal(500, "server_error")).then("/token", refusal(500, "server_error"));
    let builder = login.builder(login.pkce()).store(store.clone());
    let error = builder.interaction(Interaction::Never).build().unwrap().refresh_credentials().await.unwrap_err();
    canary::observe_error(&error);
    assert_eq!(error.kind(), AuthErrorKind::InteractionNeeded);
    assert!(error.source().unwrap().source().unwrap().to_string().contains("HTTP 500"), "{error:?}");
    assert!(store.content(&login).await.unwrap().same_tokens(&stored), "it may be good again");

    login.provider.then("/token", refusal(500, "server_error")).then("/token", refusal(500, "server_error"));
    let authenticator = next_run(&login, &store);
    let (credentials, _) = tokio::join!(authenticator.login(), login.log_in(1));
    assert!(store.content(&login).await.unwrap().same_tokens(&credentials.unwrap()));
}

#[tokio::test]
async fn no_refusal_of_a_refresh_token_keeps_anybody_from_logging_in_by_hand() {
    let refusals = [
        (401, "invalid_client", 1),
        (400, "unauthorized_client", 1),
        (400, "unsupported_grant_type", 1),
        (400, "invalid_scope", 1),
        (400, "invalid_target", 1),
        (400, "invalid_grant", 1),
        (500, "server_error", 2),
    ];
    let logins = refusals.map(|(status, code, tries)| async move {
        let (login, store) = (Login::new(), WatchedStore::new());
        with_expired_token(&login, &store).await;
        for _ in 0..tries {
            login.provider.then("/token", refusal(status, code));
        }
        let authenticator = next_run(&login, &store);
        let (credentials, _) = tokio::join!(authenticator.login(), login.log_in(1));
        credentials.unwrap();
        assert_eq!(sent(&login).len(), tries, "{status} {code}");
    });
    futures_util::future::join_all(logins).await;
}

/// As a keyring that several programs keep their login in: what one of them deletes shows what another has stored.
#[derive(Clone)]
struct Layers(Arc<Mutex<Vec<Credentials>>>);

impl CredentialsStore for Layers {
    async fn load(&self, _key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        Ok(self.0.lock().unwrap().first().cloned())
    }

    async fn save(&self, _key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        self.0.lock().unwrap().insert(0, credentials.clone());
        Ok(())
    }

    async fn delete(&self, _key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        let mut layers = self.0.lock().unwrap();
        if layers.first().is_some_and(|first| first.same_tokens(only_if)) {
            layers.remove(0);
        }
        Ok(())
    }
}

#[tokio::test]
async fn the_refused_refresh_tokens_of_several_programs_do_not_lock_anybody_out() {
    let login = Login::new();
    let own = || expired(Credentials::new("own access").with_refresh_token("own"));
    let others = || expired(Credentials::new("other access").with_refresh_token("other"));
    let layers = Layers(Arc::new(Mutex::new(vec![own(), others()])));
    let authenticator = login.builder(login.pkce()).store(layers.clone()).build().unwrap();
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    login.log_in(0).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert_eq!(sent(&login), ["own", "other"]);
}

#[tokio::test]
async fn the_login_of_another_program_stays_behind_a_logout_and_is_not_used_until_somebody_logs_in_by_hand() {
    let login = Login::new();
    let own = logged_in_before(&login, MemoryStore::new()).await;
    let others = logged_in_before(&login, MemoryStore::new()).await;
    let layers = Layers(Arc::new(Mutex::new(vec![own.clone(), others.clone()])));
    let authenticator = login.builder(login.pkce()).store(layers.clone()).build().unwrap();
    let client = login.client(&authenticator);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    assert!(authenticator.get_credentials().unwrap().same_tokens(&own));

    assert!(authenticator.logout().await.unwrap());
    assert!(layers.0.lock().unwrap()[0].same_tokens(&others));
    let waiting = spawn(&client, Kind::Unary);
    login.log_in(2).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert!(!authenticator.get_credentials().unwrap().same_tokens(&others));

    assert!(authenticator.logout().await.unwrap());
    assert!(authenticator.login().await.unwrap().same_tokens(&others));
    assert!(sent(&login).is_empty());
}

#[tokio::test]
async fn a_rotated_refresh_token_is_kept_though_no_header_can_carry_the_access_token_beside_it() {
    for stored in [false, true] {
        let (login, store) = (Login::new(), WatchedStore::new());
        let before = logged_in_before(&login, store.clone()).await;
        let builder = login.builder(login.pkce());
        let authenticator = match stored {
            true => next_run(&login, &store),
            false => builder.credentials(before.clone()).build().unwrap(),
        };
        assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
        let rotated = login.canary.secret();
        let broken = json!({ "access_token": "line\nbreak", "token_type": "Bearer", "refresh_token": rotated });
        login.provider.then("/token", Answer::json(200, broken)).then("/token", Answer::token("whole", 3600));
        let error = authenticator.refresh_credentials().await.unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::InvalidResponse, "stored: {stored}");
        authenticator.refresh_credentials().await.unwrap();
        assert_eq!(sent(&login), [refresh_token(&before), rotated], "stored: {stored}");
    }
}

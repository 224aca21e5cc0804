//! What a person is told of the store: that another program is at a login, and that a login could not be kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use auth_runtime::{
    AuthErrorKind, Authenticator, Flow, Interaction,
    flow::Pkce,
    store::{CredentialsStore as _, FileStore},
};
use tests::{
    call::{Kind, call},
    login::Login,
    store::{Operation, WatchedStore, key},
};
use tonic::Code;

fn program(login: &Login, store: &WatchedStore) -> Authenticator {
    login.builder(login.pkce()).store(store.clone()).build().unwrap()
}

#[tokio::test]
async fn a_person_is_told_that_another_program_is_at_a_login_and_then_asked() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let authenticator = program(&login, &store);
    let held = store.memory().lock(&key(&login)).await.unwrap();
    let waiting = tokio::spawn(async move { authenticator.login().await });

    let notices = login.prompt.noticed(1).await;
    let expected =
        format!("Another program is logging in to {}; waiting for it, for 300s at most.", login.peer.endpoint());
    assert_eq!(notices, [expected]);
    assert!(login.prompt.shown().is_empty());
    drop(held);
    login.log_in(0).await;
    waiting.await.unwrap().unwrap();
    assert_eq!(login.prompt.notices().len(), 1, "it is stored");
}

/// Who holds the lock may wait for a person for minutes.
#[tokio::test(start_paused = true)]
async fn where_nobody_may_be_asked_a_login_of_another_program_is_not_waited_for_that_long() {
    let (flow, store, server) = (Pkce::new().client_id("tool"), WatchedStore::new(), "http://localhost:1");
    let held = store.memory().lock(&flow.store_key(server)).await.unwrap();
    let builder = Authenticator::builder(server).flow(flow).store(store).interaction(Interaction::Never);
    let error = builder.build().unwrap().login().await.unwrap_err();
    assert_eq!((error.kind(), error.timeout()), (AuthErrorKind::StoreLocked, Some(Duration::from_secs(30))), "{error}");
    drop(held);
}

#[tokio::test]
async fn a_person_whose_login_is_not_stored_is_told_so() {
    for failing in [Operation::Save, Operation::Lock] {
        let (login, store) = (Login::new(), WatchedStore::new());
        store.fail(&[failing]);
        let authenticator = program(&login, &store);
        let (outcome, _) = tokio::join!(authenticator.login(), login.log_in(0));
        outcome.unwrap();
        let notices = login.prompt.notices();
        assert_eq!(notices.len(), 1, "{notices:?}");
        let expected = format!(
            "This login to {} could not be stored, and other programs have to log in again: ",
            login.peer.endpoint()
        );
        assert!(notices[0].starts_with(&expected) && notices[0].len() > expected.len(), "{notices:?}");
        assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);

        // Nobody was asked for this one.
        login.tokens.revoke_all();
        assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
        assert_eq!(login.prompt.notices().len(), 1, "{failing:?}");
    }
}

#[tokio::test]
async fn the_reason_is_told_with_its_causes() {
    let login = Login::new();
    let store = FileStore::new("/dev/null/logins");
    let authenticator = login.builder(login.pkce()).store(store).build().unwrap();
    let (outcome, _) = tokio::join!(authenticator.login(), login.log_in(0));
    outcome.unwrap();
    let notices = login.prompt.notices();
    assert!(notices.len() == 1 && notices[0].contains(": Not a directory"), "{notices:?}");
}

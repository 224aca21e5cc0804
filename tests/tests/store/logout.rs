//! Logging out: of this session, while it is busy, and in another program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{borrow::Cow, pin::pin};

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, Credentials, Flow, FlowContext,
    store::{CredentialsStore, MemoryStore, StoreError, StoreKey, StoreLock},
};
use futures_util::poll;
use tests::{
    call::{Kind, call, spawn},
    gate::Gate,
    login::Login,
    store::{Operation, WatchedStore, logged_in_before},
    token_endpoint::Answer,
};
use tokio::task::yield_now;
use tonic::Code;

fn next_run(login: &Login, store: &WatchedStore) -> Authenticator {
    login.builder(login.pkce()).store(store.clone()).build().unwrap()
}

fn refreshes(login: &Login) -> usize {
    let requests = login.provider.requests("/token");
    requests.iter().filter(|request| request.field("refresh_token").is_some()).count()
}

#[tokio::test]
async fn after_a_logout_the_next_call_logs_in_anew() {
    for kind in Kind::ALL {
        let (login, store) = (Login::new(), WatchedStore::new());
        logged_in_before(&login, store.clone()).await;
        let authenticator = next_run(&login, &store);
        let client = login.client(&authenticator);
        assert_eq!(call(&client, kind).await.code(), Code::Ok);
        assert!(authenticator.logout().await.unwrap());
        assert!(authenticator.get_credentials().is_none());
        assert!(store.content(&login).await.is_none());

        let waiting = spawn(&client, kind);
        login.log_in(1).await;
        assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{kind:?}");
        assert_eq!((login.prompt.shown().len(), refreshes(&login)), (2, 0), "{kind:?}");
        assert!(store.content(&login).await.is_some(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_refresh_that_a_logout_ends_brings_nothing_back() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let authenticator = next_run(&login, &store);
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    login.tokens.revoke_all();
    let (gate, saves) = (Gate::new(), store.count(Operation::Save));
    login.provider.then("/token", Answer::token("too-late", 3600).held_at(&gate));
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    gate.arrived(1).await;
    assert!(authenticator.logout().await.unwrap());
    let outcome = waiting.await.unwrap();
    assert_eq!(outcome.code(), Code::Unavailable, "{:?}", outcome.status);
    assert!(outcome.status().message().contains("logged out"), "{:?}", outcome.status);
    gate.open();
    let (credentials, _) = tokio::join!(authenticator.login(), login.log_in(1));

    assert!(store.content(&login).await.unwrap().same_tokens(&credentials.unwrap()));
    assert_eq!(store.count(Operation::Save), saves + 1, "the login after the logout is the only one that is stored");
}

#[tokio::test]
async fn a_login_that_could_not_be_deleted_is_not_used_again_once_the_store_answers() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let authenticator = next_run(&login, &store);
    let client = login.client(&authenticator);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    store.fail(&[Operation::Load]);
    assert!(authenticator.logout().await.is_err());
    store.fail(&[]);

    let waiting = spawn(&client, Kind::Unary);
    login.log_in(1).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
}

/// A logout does not wait for ever for another program that refreshes.
#[tokio::test]
async fn a_refresh_of_another_program_that_outlasts_a_logout_brings_nothing_back() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let (other, authenticator) = (next_run(&login, &store), next_run(&login, &store));
    for authenticator in [&other, &authenticator] {
        assert_eq!(call(&login.client(authenticator), Kind::Unary).await.code(), Code::Ok);
    }
    let (gate, saves) = (Gate::new(), store.count(Operation::Save));
    login.provider.then("/token", Answer::token("too-late", 3600).held_at(&gate));
    let refresh = tokio::spawn(async move { other.refresh_credentials().await });
    gate.arrived(1).await;
    assert!(authenticator.logout().await.unwrap());
    gate.open();
    let (credentials, _) = tokio::join!(refresh, login.log_in(1));
    let credentials = credentials.unwrap().unwrap();

    assert!(store.content(&login).await.unwrap().same_tokens(&credentials));
    assert_eq!(store.count(Operation::Save), saves + 1, "the login after the logout is the only one that is stored");
}

/// Logs in at once, without anybody.
#[derive(Debug)]
struct Immediate;

impl Flow for Immediate {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Ok(Credentials::new("token").with_refresh_token("refresh"))
    }

    fn name(&self) -> Cow<'static, str> {
        "immediate".into()
    }

    fn persistent(&self) -> bool {
        true
    }
}

/// A store without locks, whose work takes a moment.
#[derive(Debug, Clone, Default)]
struct Unlocked(MemoryStore);

impl CredentialsStore for Unlocked {
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        yield_now().await;
        self.0.load(key).await
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        yield_now().await;
        self.0.save(key, credentials).await
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        yield_now().await;
        self.0.delete(key, only_if).await
    }

    async fn lock(&self, _key: &StoreKey) -> Result<StoreLock, StoreError> {
        Ok(StoreLock::unshared())
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_at_any_moment_of_a_login_leaves_nothing_stored() {
    for moment in 0..50 {
        // In a task, as the login and the store's work are: each of them has its turn.
        tokio::spawn(logs_out_at(moment)).await.unwrap();
    }
}

async fn logs_out_at(moment: usize) {
    let store = Unlocked::default();
    let authenticator =
        Authenticator::builder("https://logout.example.com").flow(Immediate).store(store.clone()).build().unwrap();
    let mut login = pin!(authenticator.login());
    assert!(poll!(&mut login).is_pending(), "it takes a task of its own");
    for _ in 0..moment {
        yield_now().await;
    }
    authenticator.logout().await.unwrap();
    drop(login.await);
    for _ in 0..100 {
        yield_now().await;
    }
    let key = Flow::store_key(&Immediate, "https://logout.example.com");
    assert!(store.0.load(&key).await.unwrap().is_none(), "moment {moment}");
    assert!(authenticator.get_credentials().is_none(), "moment {moment}");
}

#[tokio::test]
async fn what_is_being_stored_is_deleted_when_it_has_been_stored() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let authenticator = next_run(&login, &store);
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    let saving = store.hold_saves();
    let refresh = tokio::spawn({
        let authenticator = authenticator.clone();
        async move { authenticator.refresh_credentials().await }
    });
    saving.arrived(1).await;
    let logout = tokio::spawn({
        let authenticator = authenticator.clone();
        async move { authenticator.logout().await }
    });
    assert_eq!(refresh.await.unwrap().unwrap_err().kind(), AuthErrorKind::Interrupted);
    saving.open();
    assert!(logout.await.unwrap().unwrap());
    assert!(store.content(&login).await.is_none());
    assert!(authenticator.get_credentials().is_none());
}

#[tokio::test]
async fn a_session_whose_entry_another_program_deleted_is_logged_out_at_its_next_refresh() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let authenticator = next_run(&login, &store);
    let client = login.client(&authenticator);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    assert!(next_run(&login, &store).logout().await.unwrap());
    login.tokens.revoke_all();
    let waiting = spawn(&client, Kind::Unary);
    login.log_in(1).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert_eq!(refreshes(&login), 0, "the login that somebody has ended is not gone on with");
}

#[tokio::test]
async fn a_session_whose_entry_cannot_be_read_goes_on() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let authenticator = next_run(&login, &store);
    let client = login.client(&authenticator);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    store.fail(&[Operation::Load]);
    login.tokens.revoke_all();
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    assert_eq!((login.prompt.shown().len(), refreshes(&login)), (1, 1));
}

//! Whose entry in a store is whose, what counts as one, and logging out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, Credentials, Flow, FlowContext,
    store::{CredentialsStore as _, StoreKey},
};
use tests::{
    call::{Kind, call, spawn},
    login::Login,
    prompt::Shown,
    store::{Operation, WatchedStore, key, logged_in_before},
    token_endpoint::Answer,
};
use tonic::Code;

fn next_run(login: &Login, store: &WatchedStore) -> Authenticator {
    login.builder(login.pkce()).store(store.clone()).build().unwrap()
}

#[test]
fn a_key_gives_back_what_it_was_made_of() {
    let key = StoreKey::new("https://flyte.example.com:8443", "the client", "pkce");
    assert_eq!((key.endpoint(), key.client_id(), key.flow()), ("https://flyte.example.com:8443", "the client", "pkce"));
}

#[tokio::test]
async fn a_login_on_another_device_is_stored_under_its_client_and_its_own_name() {
    let (login, store) = (Login::new(), WatchedStore::new());
    login.provider.set(|settings| settings.device = serde_json::json!({ "expires_in": 600, "interval": 1 }));
    let authenticator = login.builder(login.device_code()).store(store.clone()).build().unwrap();
    let attempt = tokio::spawn(async move { authenticator.login().await });
    let Shown::DeviceCode { user_code, .. } = login.prompt.nth(0).await else { panic!("a page was shown") };
    login.provider.decide(&user_code, true);
    let credentials = attempt.await.unwrap().unwrap();

    let key = Flow::store_key(&login.device_code(), &login.peer.endpoint());
    assert!(store.memory().load(&key).await.unwrap().is_some_and(|stored| stored.same_tokens(&credentials)));
}

/// A flow of a user's own whose credentials are worth keeping.
struct Named(Credentials, &'static str);

impl Flow for Named {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Ok(self.0.clone())
    }

    fn name(&self) -> Cow<'static, str> {
        Cow::Owned(self.1.to_owned())
    }

    fn persistent(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn flows_of_other_names_are_stored_as_other_logins_without_a_client() {
    let (login, store) = (Login::new(), WatchedStore::new());
    for name in ["vault", "cloud"] {
        let flow = Named(Credentials::new(login.canary.secret()), name);
        let builder = Authenticator::builder(login.peer.endpoint()).flow(flow).store(store.clone());
        let credentials = builder.build().unwrap().login().await.unwrap();
        let stored = store.memory().load(&StoreKey::new(login.peer.endpoint(), "", name)).await.unwrap();
        assert!(stored.unwrap().same_tokens(&credentials), "{name}");
    }
}

#[test]
fn a_flow_that_is_worth_storing_and_has_no_name_is_refused_before_it_could_share_anothers_entry() {
    let flow = Named(Credentials::new("token"), "");
    let error = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap_err();
    assert_eq!(error.setting(), Some("flow"), "{error}");
    assert!(error.to_string().contains("implement Flow::name"), "{error}");
}

#[tokio::test]
async fn an_expired_token_that_cannot_be_refreshed_counts_as_none() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let over = Credentials::new(login.canary.secret()).with_expires_at(SystemTime::now() - Duration::from_secs(1));
    store.memory().save(&key(&login), &over).await.unwrap();
    let waiting = spawn(&login.client(&next_run(&login, &store)), Kind::Unary);
    login.log_in(0).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert_eq!(login.peer.requests()[0].bearer(), None, "the server is asked first whether it wants any");
}

#[tokio::test]
async fn where_somebody_has_logged_in_before_no_call_goes_out_anonymous_though_the_refresh_fails() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let stored = logged_in_before(&login, store.clone()).await;
    let over = stored.with_expires_at(SystemTime::now() - Duration::from_secs(1));
    store.memory().save(&key(&login), &over).await.unwrap();
    for _ in 0..10 {
        login.provider.then("/token", Answer::status(503));
    }
    let client = login.client(&next_run(&login, &store));
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Unavailable);
    call(&client, Kind::Unary).await;
    assert!(login.peer.requests().iter().all(|request| request.bearer().is_some()));
}

#[tokio::test]
async fn logging_out_deletes_what_is_stored_and_says_whether_there_was_something() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let authenticator = next_run(&login, &store);
    authenticator.login().await.unwrap();
    assert!(authenticator.logout().await.unwrap());
    assert!(store.content(&login).await.is_none());
    assert!(authenticator.get_credentials().is_none(), "this session ends as well");
    assert!(!authenticator.logout().await.unwrap(), "there is nothing any more");

    let without_store = login.authenticator(login.pkce());
    assert!(!without_store.logout().await.unwrap());
}

#[tokio::test]
async fn logging_out_of_a_store_that_fails_is_an_error() {
    for failing in [Operation::Load, Operation::Delete] {
        let (login, store) = (Login::new(), WatchedStore::new());
        logged_in_before(&login, store.clone()).await;
        store.fail(&[failing]);
        let error = next_run(&login, &store).logout().await.unwrap_err();
        assert!(error.kind() == AuthErrorKind::Flow && !error.is_transient(), "{error:?}");
        assert!(store.content(&login).await.is_some());
    }
}

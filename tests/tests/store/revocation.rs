//! What a logout says to the provider (RFC 7009), and what it does where the provider cannot be told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{future::pending, time::Duration};

use auth_runtime::{
    AuthError, Authenticator, Credentials, Flow, FlowContext, Interaction,
    flow::Pkce,
    limits::Limits,
    store::{CredentialsStore, MemoryStore, StoreError, StoreKey},
};
use serde_json::json;
use tests::{
    call::{Kind, call},
    canary,
    identity_provider::ProviderRequest,
    login::Login,
    store::{Operation, WatchedStore, logged_in_before},
    token_endpoint::Answer,
};
use tonic::Code;

fn revoking(login: &Login) -> Pkce {
    login.pkce().revocation_url(login.provider.url("/revoke"))
}

async fn logged_in(login: &Login, flow: Pkce, store: impl CredentialsStore) -> (Authenticator, Credentials) {
    let authenticator = login.builder(flow).store(store).build().unwrap();
    let pages = login.prompt.shown().len();
    let (credentials, _page) = tokio::join!(authenticator.login(), login.log_in(pages));
    (authenticator, credentials.unwrap())
}

fn hints(requests: &[ProviderRequest]) -> Vec<&str> {
    requests.iter().filter_map(|request| request.field("token_type_hint")).collect()
}

/// Neither token is good any more, and nothing is left of the login here.
async fn assert_over(login: &Login, authenticator: &Authenticator, store: &WatchedStore) {
    assert_eq!(login.provider.refresh_tokens(), Vec::<String>::new());
    assert_eq!(hints(&login.provider.requests("/revoke")), ["refresh_token", "access_token"]);
    assert!(authenticator.get_credentials().is_none());
    assert!(store.content(login).await.is_none());
}

#[tokio::test]
async fn a_logout_ends_both_tokens_at_the_provider() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let (authenticator, credentials) = logged_in(&login, revoking(&login), store.clone()).await;
    assert!(authenticator.logout().await.unwrap());
    assert_over(&login, &authenticator, &store).await;
    // Whoever has kept them is not let in.
    let kept = login.builder(login.pkce()).credentials(credentials).interaction(Interaction::Never).build().unwrap();
    assert_eq!(call(&login.client(&kept), Kind::Unary).await.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_logout_in_another_run_of_the_program_does_so_too() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in(&login, revoking(&login), store.clone()).await;
    let next_run = login.builder(revoking(&login)).store(store.clone()).build().unwrap();
    assert!(next_run.logout().await.unwrap());
    assert_over(&login, &next_run, &store).await;
}

#[tokio::test]
async fn the_issuer_that_the_user_names_says_where() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let issuer = login.provider.url("");
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": login.provider.url("/authorize"),
        "token_endpoint": login.provider.url("/token"),
        "revocation_endpoint": login.provider.url("/revoke"),
    });
    login.provider.publish("/.well-known/oauth-authorization-server", Answer::json(200, metadata));
    // With its endpoints set, and with the issuer alone.
    let alone = Pkce::new().client_id(tests::identity_provider::CLIENT_ID).redirect_uri("http://127.0.0.1:0/callback");
    for (number, flow) in [login.pkce().issuer(&issuer), alone.issuer(&issuer)].into_iter().enumerate() {
        let (authenticator, _) = logged_in(&login, flow, store.clone()).await;
        assert!(authenticator.logout().await.unwrap());
        assert_eq!(login.provider.requests("/revoke").len(), 2 * (number + 1));
        assert_eq!(login.provider.refresh_tokens(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_client_with_a_secret_proves_who_it_is() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let secret = login.canary.secret();
    login.provider.set(|settings| settings.secret = Some(secret.clone()));
    let flow =
        revoking(&login).client_secret(&secret).client_authentication(auth_runtime::flow::ClientAuthentication::Basic);
    let (authenticator, _) = logged_in(&login, flow, store.clone()).await;
    assert!(authenticator.logout().await.unwrap());
    assert_over(&login, &authenticator, &store).await;
}

#[tokio::test]
async fn the_logout_stands_whatever_the_provider_says_or_does_not_say() {
    let rows: [fn() -> Answer; 6] = [
        || Answer::status(500),
        || Answer::json(400, json!({ "error": "invalid_client" })),
        || Answer::text(404, "text/html", "<title>Not here</title>"),
        || Answer::status(302).header("location", "http://127.0.0.1:1/"),
        Answer::reset,
        Answer::silence,
    ];
    for answer in rows {
        let (login, store) = (Login::new(), WatchedStore::new());
        logged_in(&login, revoking(&login), store.clone()).await;
        // Once more where that can help.
        login.provider.then("/revoke", answer()).then("/revoke", answer());
        let limits = Limits::new().with_http_attempt_timeout(Duration::from_millis(100));
        let authenticator = login.builder(revoking(&login)).store(store.clone()).limits(limits).build().unwrap();
        assert!(authenticator.logout().await.unwrap());
        assert!(!login.provider.requests("/revoke").is_empty());
        assert!(authenticator.get_credentials().is_none());
        assert!(store.content(&login).await.is_none());
        let pages = login.prompt.shown().len();
        let (again, _page) = tokio::join!(authenticator.login(), login.log_in(pages));
        canary::observe(&again.unwrap());
    }
}

#[tokio::test]
async fn trouble_of_a_moment_is_tried_once_more() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let (authenticator, _) = logged_in(&login, revoking(&login), store.clone()).await;
    login.provider.then("/revoke", Answer::status(503));
    assert!(authenticator.logout().await.unwrap());
    assert_eq!(hints(&login.provider.requests("/revoke")), ["refresh_token", "refresh_token", "access_token"]);
    assert_eq!(login.provider.refresh_tokens(), Vec::<String>::new());
}

#[tokio::test]
async fn access_tokens_that_nobody_looks_up_are_left_to_end_by_themselves() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let (authenticator, _) = logged_in(&login, revoking(&login), store.clone()).await;
    let refusal = json!({ "error": "unsupported_token_type" });
    login.provider.then("/revoke", Answer::status(200)).then("/revoke", Answer::json(400, refusal));
    assert!(authenticator.logout().await.unwrap());
    assert_eq!(login.provider.requests("/revoke").len(), 2);
}

#[tokio::test]
async fn a_provider_that_has_no_such_endpoint_is_asked_nothing() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let authenticator = login.builder(login.pkce()).store(store.clone()).build().unwrap();
    assert!(authenticator.logout().await.unwrap());
    assert!(login.provider.requests("/revoke").is_empty());
    assert!(store.content(&login).await.is_none());
}

#[tokio::test]
async fn a_store_that_fails_keeps_the_provider_from_nothing() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let (authenticator, _) = logged_in(&login, revoking(&login), store.clone()).await;
    store.fail(&[Operation::Load, Operation::Delete]);
    authenticator.logout().await.unwrap_err();
    assert_eq!(login.provider.refresh_tokens(), Vec::<String>::new());
    assert!(authenticator.get_credentials().is_none());
}

/// A store in which another program's entry stands behind this program's, and stays.
#[derive(Debug, Clone)]
struct Shared {
    own: MemoryStore,
    other: Credentials,
}

impl CredentialsStore for Shared {
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        Ok(self.own.load(key).await?.or(Some(self.other.clone())))
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        self.own.save(key, credentials).await
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        self.own.delete(key, only_if).await
    }
}

#[tokio::test]
async fn the_login_of_another_program_is_not_ended() {
    let login = Login::new();
    let (_, other) = logged_in(&login, revoking(&login), MemoryStore::new()).await;
    let store = Shared { own: MemoryStore::new(), other: other.clone() };
    let authenticator = login.builder(revoking(&login)).store(store).build().unwrap();
    // It is used, as long as nobody has logged out.
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert!(authenticator.get_credentials().unwrap().same_tokens(&other));
    authenticator.logout().await.unwrap();
    assert!(login.provider.requests("/revoke").is_empty());
    assert_eq!(login.provider.refresh_tokens().len(), 1);
}

/// A flow whose provider takes for ever.
#[derive(Debug)]
struct Endless;

impl Flow for Endless {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Ok(Credentials::new("token"))
    }

    async fn revoke(&self, context: &FlowContext, credentials: &Credentials) -> Result<(), AuthError> {
        assert_eq!(context.endpoint(), "https://flyte.example.com");
        assert!(credentials.same_tokens(&Credentials::new("token")));
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_it_for_ever() {
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(Endless).build().unwrap();
    authenticator.login().await.unwrap();
    let begun_at = tokio::time::Instant::now();
    assert!(!authenticator.logout().await.unwrap());
    assert_eq!(begun_at.elapsed().as_secs(), 10);
    assert!(authenticator.get_credentials().is_none());
}

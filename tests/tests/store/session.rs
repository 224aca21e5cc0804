//! Stored credentials in a session: when they are read, used, saved and deleted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, Credentials, Discovery, Flow, FlowContext, Interaction, ServerDetails,
    flow::StaticToken,
    store::{CredentialsStore as _, StoreKey},
};
use futures_util::future::join_all;
use secrecy::ExposeSecret as _;
use tests::{
    call::{Kind, call, spawn},
    gate::Gate,
    login::Login,
    store::{Operation, WatchedStore, key, logged_in_before},
    token_endpoint::Answer,
};
use tonic::Code;

/// An authenticator as the next run of a program has it.
fn next_run(login: &Login, store: &WatchedStore) -> Authenticator {
    login.builder(login.pkce()).store(store.clone()).build().unwrap()
}

fn access_token(credentials: &Credentials) -> String {
    credentials.access_token().expose_secret().to_owned()
}

fn refresh_token(credentials: &Credentials) -> String {
    credentials.refresh_token().unwrap().expose_secret().to_owned()
}

fn token_requests(login: &Login) -> usize {
    login.provider.requests("/token").len()
}

async fn with_expired_token(login: &Login, store: &WatchedStore) -> Credentials {
    let stored = logged_in_before(login, store.clone()).await;
    login.tokens.revoke(&access_token(&stored));
    let expired = stored.with_expires_at(SystemTime::now() - Duration::from_secs(1));
    store.memory().save(&key(login), &expired).await.unwrap();
    expired
}

#[tokio::test]
async fn a_stored_token_is_used_without_a_login_and_without_a_rejected_call() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let stored = logged_in_before(&login, store.clone()).await;
    for kind in Kind::ALL {
        let before = login.peer.requests().len();
        let authenticator = next_run(&login, &store);
        assert_eq!(call(&login.client(&authenticator), kind).await.code(), Code::Ok, "{kind:?}");
        let sent = &login.peer.requests()[before..];
        assert_eq!(sent.len(), 1, "{kind:?}");
        assert_eq!(sent[0].bearer().unwrap(), access_token(&stored), "{kind:?}");
        assert_eq!(authenticator.statistics().logins(), 0, "{kind:?}");
    }
    assert_eq!((token_requests(&login), login.prompt.shown().len()), (1, 1));
}

#[tokio::test]
async fn nothing_is_read_before_the_first_call_and_only_once() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let before = store.operations().len();
    let authenticator = next_run(&login, &store);
    let client = login.client(&authenticator);
    assert_eq!(store.operations().len(), before);
    assert!(authenticator.get_credentials().is_none());

    let calls = join_all((0..20).map(|_| spawn(&client, Kind::Unary))).await;
    assert!(calls.into_iter().all(|outcome| outcome.unwrap().code() == Code::Ok));
    assert_eq!(store.operations()[before..], [Operation::Load]);
}

#[tokio::test]
async fn without_stored_credentials_the_first_call_still_goes_out_anonymous() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let authenticator = next_run(&login, &store);
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    login.log_in(0).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    let bearers: Vec<_> = login.peer.requests().iter().map(|request| request.bearer()).collect();
    assert_eq!(bearers.len(), 2);
    assert_eq!(bearers[0], None);
    assert_eq!(bearers[1], store.content(&login).await.as_ref().map(access_token));
}

#[tokio::test]
async fn an_expired_stored_token_is_refreshed_before_the_first_call() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let expired = with_expired_token(&login, &store).await;
    let authenticator = next_run(&login, &store);

    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(login.peer.requests().len(), 1, "the old token was not tried");
    let refresh = login.provider.requests("/token").pop().unwrap();
    assert_eq!(refresh.field("refresh_token").unwrap(), refresh_token(&expired));
    let stored = store.content(&login).await.unwrap();
    assert_eq!(login.provider.refresh_tokens(), [refresh_token(&stored)], "the new refresh token is stored");
    assert_eq!(login.prompt.shown().len(), 1, "nobody was asked again");
}

#[tokio::test]
async fn new_credentials_are_saved_before_they_are_used() {
    let (login, store) = (Login::new(), WatchedStore::new());
    with_expired_token(&login, &store).await;
    let gate = store.hold_saves();
    let authenticator = next_run(&login, &store);
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    gate.arrived(1).await;
    assert_eq!(login.peer.requests().len(), 0);
    assert!(authenticator.get_credentials().is_none());

    gate.open();
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    let sent = login.peer.requests()[0].bearer().unwrap();
    assert_eq!(sent, access_token(&store.content(&login).await.unwrap()));
}

#[tokio::test]
async fn a_stored_token_that_the_server_rejects_is_refreshed_and_the_call_replayed() {
    for kind in Kind::ALL {
        let (login, store) = (Login::new(), WatchedStore::new());
        let stored = logged_in_before(&login, store.clone()).await;
        login.tokens.revoke(&access_token(&stored));
        let authenticator = next_run(&login, &store);
        assert_eq!(call(&login.client(&authenticator), kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!((login.peer.requests().len(), token_requests(&login)), (2, 2), "{kind:?}");
        assert_eq!(login.prompt.shown().len(), 1, "{kind:?}: nobody was asked again");
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_not_replaced_is_kept() {
    let (login, store) = (Login::new(), WatchedStore::new());
    login.provider.set(|settings| settings.rotation = false);
    let expired = with_expired_token(&login, &store).await;
    next_run(&login, &store).login().await.unwrap();
    let stored = store.content(&login).await.unwrap();
    assert_eq!(refresh_token(&stored), refresh_token(&expired));
    assert_ne!(access_token(&stored), access_token(&expired));
}

#[tokio::test]
async fn a_rejected_refresh_token_is_deleted_and_one_full_login_follows() {
    let (login, store) = (Login::new(), WatchedStore::new());
    with_expired_token(&login, &store).await;
    login.provider.revoke_refresh_tokens();
    let authenticator = next_run(&login, &store);
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    let page = login.prompt.page(1).await;
    assert!(store.content(&login).await.is_none(), "what is worth nothing is deleted");
    tests::browser::visit(&page).await;

    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    let grants: Vec<_> =
        login.provider.requests("/token").iter().map(|one| one.field("grant_type").unwrap().to_owned()).collect();
    assert_eq!(grants, ["authorization_code", "refresh_token", "authorization_code"]);
    assert!(store.content(&login).await.is_some());
}

#[tokio::test]
async fn a_refresh_whose_response_was_lost_ends_in_a_login_and_not_in_a_loop() {
    let (login, store) = (Login::new(), WatchedStore::new());
    with_expired_token(&login, &store).await;
    // The provider has rotated the token, and whoever asked it to died before saving the new one.
    login.provider.revoke_refresh_tokens();
    let authenticator =
        login.builder(login.pkce()).store(store.clone()).interaction(Interaction::Never).build().unwrap();

    let outcome = call(&login.client(&authenticator), Kind::Unary).await;
    assert_eq!(outcome.code(), Code::Unauthenticated);
    let error = outcome.status().source().and_then(|source| source.downcast_ref::<AuthError>()).unwrap();
    assert!(error.needs_login() && !error.is_transient(), "{error}");
    assert!(error.kind() == AuthErrorKind::InteractionNeeded, "{error}");
    for _ in 0..3 {
        let error = authenticator.refresh_credentials().await.unwrap_err();
        assert!(error.kind() == AuthErrorKind::InteractionNeeded, "{error}");
    }
    assert_eq!(token_requests(&login), 2, "the dead refresh token is sent once");
}

#[tokio::test]
async fn a_refresh_token_that_dies_during_a_session_is_sent_once() {
    let login = Login::new();
    let authenticator = login.builder(login.pkce()).build().unwrap();
    let (first, _) = tokio::join!(authenticator.login(), login.log_in(0));
    first.unwrap();
    login.provider.revoke_refresh_tokens();
    let (second, _) = tokio::join!(authenticator.refresh_credentials(), login.log_in(1));
    second.unwrap();
    assert_eq!(token_requests(&login), 3, "a login, a refresh that is refused, a login");
}

#[tokio::test]
async fn a_provider_that_fails_for_the_moment_leaves_what_is_stored_alone_and_heals() {
    let html = || Answer::text(503, "text/html", "<html>down for maintenance</html>");
    let failures = [
        html(),
        Answer::status(500),
        Answer::status(429).header("retry-after", "0"),
        Answer::reset(),
        Answer::json(200, serde_json::json!({ "access_token": "half", "token_type": "Bearer" })).torn(),
    ];
    let runs = failures.map(|failure| async move {
        let (login, store) = (Login::new(), WatchedStore::new());
        let expired = with_expired_token(&login, &store).await;
        let saves = store.count(Operation::Save);
        login.provider.then("/token", failure);
        let authenticator = next_run(&login, &store);
        // Asks for no longer than the one attempt takes.
        let error = authenticator.refresh_credentials().await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        assert!(store.content(&login).await.unwrap().same_tokens(&expired));
        assert_eq!((store.count(Operation::Save) - saves, store.count(Operation::Delete)), (0, 0));

        assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
        assert_eq!(login.prompt.shown().len(), 1, "nobody was asked again");
    });
    join_all(runs).await;
}

#[tokio::test]
async fn a_refusal_that_is_not_about_the_refresh_token_leaves_what_is_stored_alone() {
    for code in ["invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target"] {
        let (login, store) = (Login::new(), WatchedStore::new());
        let expired = with_expired_token(&login, &store).await;
        login.provider.then("/token", Answer::json(400, serde_json::json!({ "error": code })));
        let authenticator = next_run(&login, &store);
        let outcome = call(&login.client(&authenticator), Kind::Unary).await;
        assert_eq!(outcome.code(), Code::Unauthenticated, "{code}");
        assert!(outcome.status().message().contains(code));
        assert!(store.content(&login).await.unwrap().same_tokens(&expired), "{code}");
        assert_eq!(login.prompt.shown().len(), 1, "{code}: nobody was asked again");
        authenticator.refresh_credentials().await.unwrap();
    }
}

#[tokio::test]
async fn a_hundred_calls_during_an_outage_make_the_requests_of_one_and_have_one_error() {
    let (login, store) = (Login::new(), WatchedStore::new());
    with_expired_token(&login, &store).await;
    for _ in 0..10 {
        login.provider.then("/token", Answer::status(503));
    }
    let authenticator = next_run(&login, &store);
    let client = login.client(&authenticator);
    let calls: Vec<_> = (0..100).map(|_| spawn(&client, Kind::Unary)).collect();
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap().code(), Code::Unavailable);
    }
    // After the login: at once, after a second, and perhaps once more, within the few seconds that a call waits.
    assert!((3..=4).contains(&token_requests(&login)), "{} requests", token_requests(&login));
    assert!(login.peer.requests().is_empty());
}

#[tokio::test]
async fn sessions_that_share_a_store_refresh_a_rotating_token_once() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let stored = logged_in_before(&login, store.clone()).await;
    let sessions: Vec<_> = (0..10).map(|_| next_run(&login, &store)).collect();
    let clients: Vec<_> = sessions.iter().map(|session| login.client(session)).collect();
    for client in &clients {
        assert_eq!(call(client, Kind::Unary).await.code(), Code::Ok);
    }
    login.tokens.revoke(&access_token(&stored));

    let calls = join_all(clients.iter().map(|client| spawn(client, Kind::Unary))).await;
    assert!(calls.into_iter().all(|outcome| outcome.unwrap().code() == Code::Ok));
    assert_eq!(token_requests(&login), 2, "one login, one refresh");
    let refreshes: u64 = sessions.iter().map(|session| session.statistics().refreshes()).sum();
    assert_eq!(refreshes, 1, "the others use what the first has got");
    assert_eq!(login.prompt.shown().len(), 1);
}

#[tokio::test]
async fn a_lock_that_cannot_be_had_is_a_clear_error_and_no_licence_to_refresh() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let expired = with_expired_token(&login, &store).await;
    let impatient = login.pkce().timeout(Duration::from_millis(200));
    let authenticator = login.builder(impatient).store(store.clone()).build().unwrap();
    let held = store.memory().lock(&key(&login)).await.unwrap();

    let outcome = call(&login.client(&authenticator), Kind::Unary).await;
    assert_eq!(outcome.code(), Code::Unavailable);
    assert!(outcome.status().message().contains("another program has held the lock"), "{:?}", outcome.status());
    let error = authenticator.refresh_credentials().await.unwrap_err();
    assert_eq!(error.kind(), AuthErrorKind::StoreLocked, "{error}");
    assert!(error.to_string().contains(&login.peer.endpoint()), "{error}");
    assert_eq!(token_requests(&login), 1, "nobody refreshed");
    assert!(store.content(&login).await.unwrap().same_tokens(&expired));

    drop(held);
    authenticator.refresh_credentials().await.unwrap();
    assert_eq!(token_requests(&login), 2);
}

#[tokio::test]
async fn a_store_that_cannot_be_locked_keeps_its_refresh_token_to_itself() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let expired = with_expired_token(&login, &store).await;
    store.fail(&[Operation::Lock]);
    let authenticator = next_run(&login, &store);
    let (outcome, _) = tokio::join!(authenticator.login(), login.log_in(1));
    outcome.unwrap();
    assert_eq!(login.provider.refresh_tokens().len(), 2, "the stored one was not used up");
    assert!(store.content(&login).await.unwrap().same_tokens(&expired));
}

#[tokio::test]
async fn a_stored_token_is_used_where_the_store_cannot_be_locked_and_not_rotated_after_its_rejection() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let stored = logged_in_before(&login, store.clone()).await;
    store.fail(&[Operation::Lock]);
    let authenticator = next_run(&login, &store);
    let client = login.client(&authenticator);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    login.tokens.revoke_all();
    let waiting = spawn(&client, Kind::Unary);
    login.log_in(1).await;

    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert!(login.provider.refresh_tokens().contains(&refresh_token(&stored)), "the stored one was not used up");
    assert!(store.content(&login).await.unwrap().same_tokens(&stored));
    // What this session has got for itself it may rotate.
    login.tokens.revoke_all();
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    assert_eq!(login.prompt.shown().len(), 2);
}

#[tokio::test]
async fn credentials_that_have_arrived_are_saved_though_nobody_wants_them_any_more() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let expired = with_expired_token(&login, &store).await;
    let (gate, saves) = (store.hold_saves(), store.count(Operation::Save));
    let authenticator = next_run(&login, &store);
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    gate.arrived(1).await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    drop(authenticator);
    assert!(store.content(&login).await.unwrap().same_tokens(&expired));
    gate.open();

    // The lock is free once they are saved.
    drop(store.memory().lock(&key(&login)).await.unwrap());
    assert_eq!(store.count(Operation::Save), saves + 1);
    let saved = store.content(&login).await.unwrap();
    assert_eq!(login.provider.refresh_tokens(), [refresh_token(&saved)], "the one that the provider accepts");
    let next = next_run(&login, &store);
    assert_eq!(call(&login.client(&next), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(login.prompt.shown().len(), 1, "nobody was asked again");
}

#[tokio::test]
async fn a_store_that_panics_while_it_saves_costs_nobody_the_login() {
    struct Broken;
    impl auth_runtime::CredentialsStore for Broken {
        async fn load(&self, _: &StoreKey) -> Result<Option<Credentials>, auth_runtime::store::StoreError> {
            Ok(None)
        }
        async fn save(&self, _: &StoreKey, _: &Credentials) -> Result<(), auth_runtime::store::StoreError> {
            panic!("a mistake in the store")
        }
        async fn delete(&self, _: &StoreKey, _: &Credentials) -> Result<(), auth_runtime::store::StoreError> {
            Ok(())
        }
    }
    let login = Login::new();
    let authenticator = login.builder(login.pkce()).store(Broken).build().unwrap();
    let (credentials, _) = tokio::join!(authenticator.login(), login.log_in(0));
    credentials.unwrap();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_discovery_that_hangs_does_not_keep_a_stored_token_from_being_used() {
    struct Silent;
    impl Discovery for Silent {
        async fn discover(&self) -> Result<ServerDetails, AuthError> {
            std::future::pending().await
        }
    }
    let store = auth_runtime::store::MemoryStore::new();
    let own = || Own(Arc::default());
    let key = StoreKey::new("https://flyte.example.com", "", Flow::name(&own()));
    store.save(&key, &Credentials::new("stored")).await.unwrap();
    let builder = Authenticator::builder("https://flyte.example.com").flow(own()).discovery(Silent);
    let authenticator = builder.store(store).build().unwrap();
    let (header, _) = authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    assert_eq!(header, "authorization");
}

#[tokio::test]
async fn a_store_that_fails_never_fails_a_login() {
    for failing in [
        &[Operation::Load][..],
        &[Operation::Save],
        &[Operation::Lock],
        &[Operation::Load, Operation::Save, Operation::Delete, Operation::Lock],
    ] {
        let (login, store) = (Login::new(), WatchedStore::new());
        store.fail(failing);
        let authenticator = next_run(&login, &store);
        let client = login.client(&authenticator);
        let waiting = spawn(&client, Kind::Unary);
        login.log_in(0).await;
        assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{failing:?}");
        // What could not be stored is still refreshed, from memory.
        authenticator.refresh_credentials().await.unwrap();
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok, "{failing:?}");
        assert_eq!(login.prompt.shown().len(), 1, "{failing:?}");
    }
}

#[tokio::test]
async fn an_entry_that_could_not_be_replaced_is_not_taken_for_a_new_one() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let stored = logged_in_before(&login, store.clone()).await;
    let authenticator = next_run(&login, &store);
    let client = login.client(&authenticator);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    store.fail(&[Operation::Save]);
    for expected in [2, 3] {
        login.tokens.revoke_all();
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
        assert_eq!(token_requests(&login), expected, "the old entry is not used again");
    }
    assert!(store.content(&login).await.unwrap().same_tokens(&stored));
}

#[tokio::test]
async fn a_program_that_takes_no_turns_and_was_quicker_is_followed() {
    let (login, store) = (Login::new(), WatchedStore::new());
    with_expired_token(&login, &store).await;
    let gate = Gate::new();
    let refusal = Answer::json(400, serde_json::json!({ "error": "invalid_grant" }));
    login.provider.then("/token", refusal.held_at(&gate));
    let authenticator = next_run(&login, &store);
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    gate.arrived(1).await;
    // flytekit has rotated the token and stores the new ones now.
    let token = login.canary.secret();
    login.tokens.accept(&token);
    let newer = Credentials::new(token.clone()).with_refresh_token(login.canary.secret());
    store.memory().save(&key(&login), &newer).await.unwrap();
    gate.open();

    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert_eq!(login.peer.requests()[0].bearer().unwrap(), token);
    assert!(store.content(&login).await.unwrap().same_tokens(&newer), "they were not deleted");
    assert_eq!(login.prompt.shown().len(), 1, "nobody was asked again");
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_the_refresh_and_its_saving_to_others() {
    let (login, store) = (Login::new(), WatchedStore::new());
    with_expired_token(&login, &store).await;
    let gate = store.hold_saves();
    let authenticator = next_run(&login, &store);
    let client = login.client(&authenticator);
    let first = spawn(&client, Kind::Unary);
    gate.arrived(1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let second = spawn(&client, Kind::Unary);
    gate.open();
    assert_eq!(second.await.unwrap().code(), Code::Ok);
    assert_eq!((token_requests(&login), gate.arrivals()), (2, 1), "one refresh, saved once");
}

#[tokio::test]
async fn credentials_that_are_given_win_over_stored_ones() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let given = login.canary.secret();
    login.tokens.accept(&given);
    let builder = login.builder(login.pkce()).store(store.clone()).credentials(Credentials::new(given.clone()));
    let authenticator = builder.build().unwrap();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(login.peer.requests()[0].bearer().unwrap(), given);
}

#[tokio::test]
async fn another_client_or_endpoint_or_flow_has_credentials_of_its_own() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let never = |flow: auth_runtime::flow::Pkce| {
        login.builder(flow).store(store.clone()).interaction(Interaction::Never).build().unwrap()
    };
    assert!(never(login.pkce()).login().await.is_ok());
    assert!(never(login.pkce().client_id("another")).login().await.is_err());
    let device = login.builder(login.device_code()).store(store.clone()).interaction(Interaction::Never);
    assert!(device.build().unwrap().login().await.is_err());
    let elsewhere = Authenticator::builder("https://flyte.example.com").flow(login.pkce()).store(store.clone());
    assert!(elsewhere.interaction(Interaction::Never).build().unwrap().login().await.is_err());
}

#[tokio::test]
async fn a_flow_that_needs_no_person_neither_reads_nor_writes_a_store() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let token = login.canary.secret();
    login.tokens.accept(&token);
    let authenticator =
        Authenticator::builder(login.peer.endpoint()).flow(StaticToken::new(token)).store(store.clone()).build();
    let authenticator = authenticator.unwrap();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(store.operations(), []);
}

/// A login of one's own that is worth keeping.
struct Own(Arc<AtomicUsize>);

impl Flow for Own {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Credentials::new(format!("own-{number}")).with_expires_in(Duration::from_secs(3600)))
    }

    fn name(&self) -> std::borrow::Cow<'static, str> {
        "own".into()
    }

    fn persistent(&self) -> bool {
        true
    }
}

/// A server that names its header, when it can be reached.
struct Published {
    asked: Arc<AtomicUsize>,
    failures: usize,
}

impl Discovery for Published {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        if self.asked.fetch_add(1, Ordering::SeqCst) < self.failures {
            return Err(AuthError::transient("the server is down"));
        }
        let details = ServerDetails::new().with_header_key("Flyte-Authorization");
        Ok(details)
    }
}

#[tokio::test]
async fn the_header_that_a_server_named_is_stored_with_the_credentials() {
    let (store, logins, asked) = (WatchedStore::new(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let run = || {
        let discovery = Published { asked: asked.clone(), failures: 0 };
        let builder = Authenticator::builder("https://flyte.example.com").flow(Own(logins.clone()));
        builder.discovery(discovery).store(store.clone()).build().unwrap()
    };
    run().login().await.unwrap();
    let (header, value) = run().fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    assert_eq!((header.as_str(), value.to_str().unwrap()), ("flyte-authorization", "Bearer own-0"));
    assert_eq!((logins.load(Ordering::SeqCst), asked.load(Ordering::SeqCst)), (1, 1), "the server was asked once");
}

#[tokio::test]
async fn discovery_that_is_down_is_asked_again_and_then_no_more() {
    let (store, logins, asked) = (WatchedStore::new(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    // As another program stored it, which knows nothing of headers.
    let key = StoreKey::new("https://flyte.example.com", "", "own");
    store.memory().save(&key, &Credentials::new("stored")).await.unwrap();
    let discovery = Published { asked: asked.clone(), failures: 2 };
    let builder = Authenticator::builder("https://flyte.example.com").flow(Own(logins.clone()));
    let authenticator = builder.discovery(discovery).store(store.clone()).build().unwrap();

    let (header, value) = authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    assert_eq!((header.as_str(), value.to_str().unwrap()), ("authorization", "Bearer stored"));
    assert!(authenticator.refresh_credentials().await.unwrap_err().is_transient());
    for _ in 0..3 {
        authenticator.refresh_credentials().await.unwrap();
    }
    let (header, _) = authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    assert_eq!(header.as_str(), "flyte-authorization");
    assert_eq!(asked.load(Ordering::SeqCst), 3, "two failures, one success, which is kept");
}

#[tokio::test]
async fn what_is_stored_says_when_the_token_ends_in_wall_time() {
    let (login, store) = (Login::new(), WatchedStore::new());
    let before = SystemTime::now();
    logged_in_before(&login, store.clone()).await;
    let ends_at = store.content(&login).await.unwrap().expires_at().unwrap();
    let lifetime = Duration::from_secs(3600);
    assert!(ends_at >= before + lifetime && ends_at <= SystemTime::now() + lifetime);
}

#[tokio::test]
async fn a_store_that_never_responds_is_given_up() {
    struct Silent;
    impl auth_runtime::CredentialsStore for Silent {
        async fn load(&self, _: &StoreKey) -> Result<Option<Credentials>, auth_runtime::store::StoreError> {
            std::future::pending().await
        }
        async fn save(&self, _: &StoreKey, _: &Credentials) -> Result<(), auth_runtime::store::StoreError> {
            std::future::pending().await
        }
        async fn delete(&self, _: &StoreKey, _: &Credentials) -> Result<(), auth_runtime::store::StoreError> {
            std::future::pending().await
        }
    }
    tokio::time::pause();
    let logins = Arc::<AtomicUsize>::default();
    let builder = Authenticator::builder("https://flyte.example.com").flow(Own(logins.clone()));
    let authenticator = builder.store(Silent).build().unwrap();
    authenticator.login().await.unwrap();
    assert_eq!(logins.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_logout_deletes_what_is_stored_and_says_whether_there_was_something() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let authenticator = next_run(&login, &store);
    assert!(authenticator.logout().await.unwrap());
    assert!(store.content(&login).await.is_none());
    assert!(!authenticator.logout().await.unwrap());
    let without_store = login.authenticator(login.pkce());
    assert!(!without_store.logout().await.unwrap());
}

#[tokio::test]
async fn a_logout_that_the_store_keeps_from_its_work_fails() {
    let (login, store) = (Login::new(), WatchedStore::new());
    logged_in_before(&login, store.clone()).await;
    let authenticator = next_run(&login, &store);
    for failing in [Operation::Load, Operation::Delete] {
        store.fail(&[failing]);
        let error = authenticator.logout().await.unwrap_err();
        assert!(error.kind() == AuthErrorKind::Flow, "{error:?}");
        assert!(store.content(&login).await.is_some(), "{failing:?}");
    }
}

//! When a person is asked: only while a call waits and nothing valid is left, and not again soon after they have said no.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::{Duration, SystemTime};

use auth_runtime::{
    AuthError, AuthErrorKind, Credentials, Flow, FlowContext,
    flow::Pkce,
    limits::Limits,
    store::{FileStore, MemoryStore},
};
use serde_json::json;
use tests::{
    call::{Kind, call, numbered, spawn},
    canary,
    guard::within_reason,
    login::Login,
    peer::{Answer, Peer},
    told::told,
};
use tokio::sync::watch;
use tonic::Code;

/// With so much of a lifetime of 1,000 seconds left, and no refresh token.
fn credentials(login: &Login, left: Duration) -> Credentials {
    let token = login.canary.secret();
    login.tokens.accept(&token);
    let lifetime = Duration::from_secs(1000);
    Credentials::new(token).with_expires_in_since(lifetime, tokio::time::Instant::now() + left - lifetime)
}

/// A login through the browser that tells when an attempt is over.
#[derive(Debug, Clone)]
struct Announced {
    flow: Pkce,
    over: watch::Sender<usize>,
}

impl Announced {
    fn new(flow: Pkce) -> Self {
        Self { flow, over: watch::Sender::new(0) }
    }

    /// Waits until an attempt is over, in which nobody may be asked.
    async fn is_over(&self, login: &Login) {
        let mut over = self.over.subscribe();
        tokio::select! {
            biased;
            _ = login.prompt.nth(0) => panic!("somebody was asked for nobody"),
            over = within_reason("the end of an attempt", over.wait_for(|over| *over > 0)) => drop(over.unwrap()),
        }
        assert!(login.prompt.shown().is_empty());
    }
}

impl Flow for Announced {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        let outcome = self.flow.refresh_credentials(context, previous).await;
        self.over.send_modify(|over| *over += 1);
        outcome
    }
}

#[tokio::test]
async fn near_the_end_of_a_token_that_is_still_good_nobody_is_asked() {
    // Within the refresh window, and within the last seconds.
    for left in [80, 10] {
        let login = Login::new();
        let credentials = credentials(&login, Duration::from_secs(left));
        let flow = Announced::new(login.pkce());
        let authenticator = login.builder(flow.clone()).credentials(credentials).build().unwrap();
        let client = login.client(&authenticator);
        for _ in 0..5 {
            let outcome = within_reason("a call that waits for nobody", call(&client, Kind::Unary)).await;
            assert_eq!(outcome.numbers(), [1], "{left} seconds");
        }
        flow.is_over(&login).await;
        assert_eq!(authenticator.statistics().failures(), 0, "nothing has failed");

        // It is the call that waits that asks.
        login.tokens.revoke_all();
        let waiting = spawn(&client, Kind::Unary);
        login.log_in(0).await;
        assert_eq!(waiting.await.unwrap().numbers(), [1], "{left} seconds");
    }
}

#[tokio::test]
async fn a_token_that_has_expired_is_worth_a_login_while_a_call_waits() {
    let login = Login::new();
    let expired = credentials(&login, Duration::ZERO);
    let authenticator = login.builder(login.pkce()).credentials(expired).build().unwrap();
    let waiting = spawn(&login.client(&authenticator), Kind::Unary);
    login.log_in(0).await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
}

#[tokio::test]
async fn a_rejection_behind_a_message_asks_nobody_until_a_call_waits() {
    let mut login = Login::new();
    let behind = Answer::new().read_all().headers().and_message(&numbered(1)).status(Code::Unauthenticated);
    login.peer = Peer::checking(login.tokens.clone(), "authorization", behind, Answer::message(&numbered(2)));
    let flow = Announced::new(login.pkce());
    let authenticator =
        login.builder(flow.clone()).credentials(Credentials::new(login.canary.secret())).build().unwrap();
    let client = login.client(&authenticator);
    // All at once, so that none of them waits for what follows another's rejection.
    let rejected: Vec<_> = (0..3).map(|_| call(&client, Kind::ServerStreaming)).collect();
    for outcome in futures_util::future::join_all(rejected).await {
        assert_eq!((outcome.code(), outcome.numbers()), (Code::Unauthenticated, vec![1]));
    }
    flow.is_over(&login).await;
    let waiting = spawn(&client, Kind::Unary);
    login.log_in(0).await;
    assert_eq!(waiting.await.unwrap().numbers(), [2]);
}

#[tokio::test]
async fn after_a_permanent_end_nobody_is_asked_again_but_by_login() {
    for refusal in ["access_denied", "invalid_client"] {
        let login = Login::new();
        // Otherwise the pause after a failure would do.
        let limits = Limits::new().with_backoff_max(Duration::from_millis(1));
        let authenticator = login.builder(login.pkce()).limits(limits).build().unwrap();
        let client = login.client(&authenticator);
        let waiting = spawn(&client, Kind::Unary);
        match refusal {
            "access_denied" => decline(&login, 0).await,
            _ => {
                login.provider.then("/token", tests::token_endpoint::Answer::json(401, json!({ "error": refusal })));
                login.log_in(0).await;
            }
        }
        let outcome = waiting.await.unwrap();
        assert!(told(outcome.status()).contains(refusal), "{}", told(outcome.status()));

        for _ in 0..50 {
            let outcome = within_reason("a call that waits for nobody", call(&client, Kind::Unary)).await;
            assert_eq!(outcome.code(), Code::Unauthenticated, "{refusal}");
            assert!(told(outcome.status()).contains(refusal), "{}", told(outcome.status()));
        }
        assert_eq!(login.prompt.shown().len(), 1, "{refusal}: another window was opened");

        let (credentials, page) = tokio::join!(authenticator.login(), login.log_in(1));
        canary::observe(&credentials.unwrap());
        assert_eq!(page.status, 200, "{refusal}");
        assert_eq!(call(&client, Kind::Unary).await.numbers(), [1], "{refusal}");
    }
}

#[tokio::test]
async fn a_login_that_is_let_pass_is_not_asked_for_again_at_once() {
    let login = Login::new();
    let limits = Limits::new().with_backoff_max(Duration::from_millis(1));
    let flow: Pkce = login.pkce().timeout(Duration::from_millis(50));
    let authenticator = login.builder(flow).limits(limits).build().unwrap();
    let client = login.client(&authenticator);
    for _ in 0..10 {
        call(&client, Kind::Unary).await;
    }
    assert_eq!(login.prompt.shown().len(), 1);
    assert_eq!(authenticator.login().await.unwrap_err().kind(), AuthErrorKind::TimedOut);
    assert_eq!(login.prompt.shown().len(), 2);
}

/// Somebody says no at the n-th login.
async fn decline(login: &Login, number: usize) {
    let callback = login.callback(number).await;
    let (address, query) = callback.split_once('?').unwrap();
    let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
    login.browser.visit(&format!("{address}?error=access_denied&{state}")).await;
}

#[tokio::test]
async fn what_was_declined_in_one_program_is_not_asked_for_in_another_until_login_or_minutes_later() {
    let folder = tempfile::tempdir().unwrap();
    let login = Login::new();
    let start = SystemTime::now();
    let another_program = |later: u64| {
        let clock = move || start + Duration::from_secs(later);
        let builder = login.builder(login.pkce()).store(FileStore::new(folder.path())).login_command("flyte login");
        builder.wall_clock(clock).build().unwrap()
    };
    let first = another_program(0);
    let waiting = spawn(&login.client(&first), Kind::Unary);
    decline(&login, 0).await;
    assert!(told(waiting.await.unwrap().status()).contains("access_denied"));

    for later in [12, 299] {
        let second = another_program(later);
        let outcome = within_reason("a call that waits for nobody", call(&login.client(&second), Kind::Unary)).await;
        let said = told(outcome.status());
        assert!(said.contains(&format!("the last login was declined {later} s ago")), "{said}");
        assert!(said.contains("log in with `flyte login`, which asks at once"), "{said}");
        assert_eq!(outcome.code(), Code::Unauthenticated);
    }
    assert_eq!(login.prompt.shown().len(), 1, "another window was opened");

    // Minutes later it may be somebody else, or the same in another mood.
    let much_later = another_program(300);
    let waiting = spawn(&login.client(&much_later), Kind::Unary);
    decline(&login, 1).await;
    assert!(told(waiting.await.unwrap().status()).contains("access_denied"));

    let by_hand = another_program(310);
    let (credentials, _) = tokio::join!(by_hand.login(), login.log_in(2));
    canary::observe(&credentials.unwrap());
    by_hand.logout().await.unwrap();
    let next = another_program(311);
    let waiting = spawn(&login.client(&next), Kind::Unary);
    assert_eq!(login.log_in(3).await.status, 200, "it has been cleared");
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
}

#[tokio::test]
async fn a_program_that_waited_for_another_ones_login_does_not_ask_when_that_was_declined_or_let_pass() {
    for declined in [true, false] {
        let (login, store) = (Login::new(), MemoryStore::new());
        let program = || {
            let flow = login.pkce().timeout(Duration::from_secs(if declined { 300 } else { 1 }));
            let limits = Limits::new().with_login_timeout(Duration::from_secs(30));
            let builder = login.builder(flow).store(store.clone());
            if declined { builder.limits(limits) } else { builder }.build().unwrap()
        };
        let first = spawn(&login.client(&program()), Kind::Unary);
        login.prompt.page(0).await;
        // It finds the lock held.
        let second = spawn(&login.client(&program()), Kind::Unary);
        if declined {
            decline(&login, 0).await;
        }
        for waiting in [first, second] {
            assert_ne!(waiting.await.unwrap().code(), Code::Ok);
        }
        assert_eq!(login.prompt.shown().len(), 1, "declined: {declined}");
    }
}

#[tokio::test]
async fn a_setting_that_cannot_work_keeps_nobody_from_being_asked_once_it_is_mended() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (login, store) = (Login::new(), MemoryStore::new());
    let flow = login.pkce().redirect_uri(format!("http://127.0.0.1:{port}/callback"));
    let program = || login.builder(flow.clone()).store(store.clone()).build().unwrap();
    assert_eq!(program().login().await.unwrap_err().setting(), Some("redirect_uri"));
    drop(taken);
    let waiting = spawn(&login.client(&program()), Kind::Unary);
    login.log_in(0).await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
}

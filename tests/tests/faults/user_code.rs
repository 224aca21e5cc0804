//! A program's own code panics: its flow, store, prompt, discovery, predicate, or request stream. Whoever waits for it
//! gets an error, and nothing stays broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, BrowserPrompt, Credentials, CredentialsStore, DeviceCodePrompt, Discovery,
    Flow, FlowContext, LoginEnd, LoginNotice, LoginPrompt, ServerDetails,
    store::{MemoryStore, StoreError, StoreKey},
};
use futures_util::{FutureExt as _, stream};
use tests::{
    call::{Kind, call, numbered, spawn},
    guard::within_reason,
    harness::Harness,
    login::Login,
    peer::Answer,
    store::{Operation, WatchedStore},
};
use tonic::{Code, Request};

/// Panics while it is told to.
#[derive(Debug, Clone, Default)]
struct Mistake(Arc<AtomicBool>);

impl Mistake {
    fn present() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    fn mend(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    fn make(&self) {
        assert!(!self.0.load(Ordering::SeqCst), "a mistake in the program");
    }
}

#[tokio::test]
async fn a_prompt_that_panics_fails_the_login_and_the_next_one_works() {
    #[derive(Debug)]
    struct Prompt(Mistake, tests::prompt::RecordingPrompt);
    impl LoginPrompt for Prompt {
        fn browser(&self, request: &BrowserPrompt<'_>) {
            self.0.make();
            self.1.browser(request);
        }
        fn device_code(&self, _request: &DeviceCodePrompt<'_>) {}
    }
    let (login, mistake) = (Login::new(), Mistake::present());
    let prompt = Prompt(mistake.clone(), login.prompt.clone());
    let authenticator = login.builder(login.pkce()).prompt(prompt).build().unwrap();
    let error = within_reason("a login", authenticator.login()).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Interrupted, "{error:?}");

    mistake.mend();
    let (outcome, _) = tokio::join!(authenticator.login(), login.log_in(0));
    outcome.unwrap();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
}

/// In the middle of a panic another one ends the process.
#[tokio::test]
async fn a_prompt_that_panics_whatever_it_is_told_fails_the_login_with_that_reason_and_the_process_lives() {
    #[derive(Debug)]
    struct Prompt(Mistake, Mistake, tests::prompt::RecordingPrompt);
    impl LoginPrompt for Prompt {
        fn browser(&self, request: &BrowserPrompt<'_>) {
            self.2.browser(request);
            self.0.make();
        }
        fn device_code(&self, request: &DeviceCodePrompt<'_>) {
            self.2.device_code(request);
            self.0.make();
        }
        fn finished(&self, _end: &LoginEnd<'_>) {
            self.1.make();
        }
    }
    for device in [false, true] {
        let (login, shows, ends) = (Login::new(), Mistake::present(), Mistake::present());
        let prompt = Prompt(shows.clone(), ends.clone(), login.prompt.clone());
        let timeout = std::time::Duration::from_millis(50);
        let builder = match device {
            true => login.builder(login.device_code().timeout(timeout)),
            false => login.builder(login.pkce().timeout(timeout)),
        };
        let authenticator = builder.prompt(prompt).build().unwrap();
        let error = within_reason("a login", authenticator.login()).await.unwrap_err();
        assert!(error.to_string().contains("the prompt panicked"), "{error}");

        // It is only told that the login is given up, while the login's task is dropped.
        shows.mend();
        let error = within_reason("a login", authenticator.login()).await.unwrap_err();
        assert!(error.kind() == AuthErrorKind::TimedOut, "{error:?}");

        ends.mend();
        let error = within_reason("a login", authenticator.login()).await.unwrap_err();
        assert!(error.kind() == AuthErrorKind::TimedOut, "{error:?}");
        assert_eq!(login.prompt.shown().len(), 3);
    }
}

/// What it is told then need not be shown.
#[tokio::test]
async fn a_prompt_that_panics_at_a_notice_loses_no_login() {
    #[derive(Debug)]
    struct Prompt(tests::prompt::RecordingPrompt);
    impl LoginPrompt for Prompt {
        fn browser(&self, request: &BrowserPrompt<'_>) {
            self.0.browser(request);
        }
        fn device_code(&self, _request: &DeviceCodePrompt<'_>) {}
        fn notice(&self, notice: &LoginNotice<'_>) {
            self.0.notice(notice);
            panic!("a prompt without a window");
        }
    }
    let (login, store) = (Login::new(), WatchedStore::new());
    store.fail(&[Operation::Save]);
    let authenticator = login.builder(login.pkce()).prompt(Prompt(login.prompt.clone())).store(store).build().unwrap();
    let (outcome, _) = tokio::join!(authenticator.login(), login.log_in(0));
    outcome.unwrap();
    assert_eq!(login.prompt.notices().len(), 1);
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
}

#[tokio::test]
async fn a_prompt_that_panics_at_the_end_of_a_login_fails_it_with_that_reason() {
    #[derive(Debug)]
    struct Prompt(Mistake, tests::prompt::RecordingPrompt);
    impl LoginPrompt for Prompt {
        fn browser(&self, request: &BrowserPrompt<'_>) {
            self.1.browser(request);
        }
        fn device_code(&self, _request: &DeviceCodePrompt<'_>) {}
        fn finished(&self, end: &LoginEnd<'_>) {
            assert!(end.succeeded());
            self.0.make();
        }
    }
    let (login, mistake) = (Login::new(), Mistake::present());
    let prompt = Prompt(mistake.clone(), login.prompt.clone());
    let authenticator = login.builder(login.pkce()).prompt(prompt).build().unwrap();
    let (outcome, page) = tokio::join!(authenticator.login(), login.log_in(0));
    assert!(outcome.unwrap_err().to_string().contains("the prompt panicked"));
    assert!(page.body.contains("The login failed"), "{}", page.body);
    mistake.mend();
    let (outcome, _) = tokio::join!(authenticator.login(), login.log_in(1));
    outcome.unwrap();
}

#[tokio::test]
async fn a_store_that_panics_fails_the_call_that_reads_it_and_the_lock_is_free_again() {
    struct Store(Mistake, MemoryStore);
    impl CredentialsStore for Store {
        async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
            self.0.make();
            self.1.load(key).await
        }
        async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
            self.1.save(key, credentials).await
        }
        async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
            self.1.delete(key, only_if).await
        }
        async fn lock(&self, key: &StoreKey) -> Result<auth_runtime::store::StoreLock, StoreError> {
            self.1.lock(key).await
        }
    }
    let (login, mistake) = (Login::new(), Mistake::present());
    let store = Store(mistake.clone(), MemoryStore::new());
    let authenticator = login.builder(login.pkce()).store(store).build().unwrap();
    for _ in 0..3 {
        let error = within_reason("a login", authenticator.refresh_credentials()).await.unwrap_err();
        assert!(error.kind() == AuthErrorKind::Interrupted, "{error:?}");
    }
    mistake.mend();
    let (outcome, _) = tokio::join!(authenticator.login(), login.log_in(0));
    outcome.unwrap();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
}

/// A flow that waits for itself: it asks its own session for what that asks it for.
#[derive(Debug)]
struct Circular {
    own: Arc<std::sync::OnceLock<Authenticator>>,
    mistake: Mistake,
    logs_out: bool,
}

impl Flow for Circular {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        if self.mistake.0.load(Ordering::SeqCst)
            && let Some(own) = self.own.get()
        {
            match self.logs_out {
                true => drop(own.logout().await?),
                false => return own.login().await,
            }
        }
        Ok(Credentials::new("token"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_waits_for_its_own_session_is_given_up_and_the_next_login_works() {
    for logs_out in [false, true] {
        let (own, mistake) = (Arc::new(std::sync::OnceLock::new()), Mistake::present());
        let flow = Circular { own: Arc::clone(&own), mistake: mistake.clone(), logs_out };
        let authenticator = Authenticator::builder("https://circular.example.com")
            .flow(flow)
            .store(MemoryStore::new())
            .build()
            .unwrap();
        own.set(authenticator.clone()).unwrap();
        let begun = tokio::time::Instant::now();
        let outcome = authenticator.login().await;
        assert!(outcome.is_err(), "logs out: {logs_out}");
        assert!(begun.elapsed().as_secs() <= 180, "logs out: {logs_out}: {:?}", begun.elapsed());
        mistake.mend();
        authenticator.login().await.unwrap();
    }
}

#[tokio::test]
async fn a_discovery_that_panics_fails_the_login_and_is_asked_again() {
    struct Asked(Mistake);
    impl Discovery for Asked {
        async fn discover(&self) -> Result<ServerDetails, AuthError> {
            self.0.make();
            Ok(ServerDetails::default())
        }
    }
    let (harness, mistake) = (Harness::local_checking(), Mistake::present());
    let authenticator = harness.authenticate_with(|builder| builder.discovery(Asked(mistake.clone())));
    within_reason("a login", authenticator.login()).await.unwrap_err();
    mistake.mend();
    authenticator.login().await.unwrap();
    assert_eq!(call(&harness.client(), Kind::Unary).await.code(), Code::Ok);
}

#[tokio::test]
async fn a_predicate_that_panics_takes_its_own_call_with_it_and_no_other() {
    for kind in Kind::ALL {
        let mistake = Mistake::present();
        let harness =
            Harness::answering([Answer::new().trailers_only(Code::Aborted, "no"), Answer::message(&numbered(1))]);
        let predicate = mistake.clone();
        harness.authenticate_with(|builder| {
            builder.login_first(true).retry_on(move |_| {
                predicate.make();
                false
            })
        });
        let client = harness.client();
        assert!(spawn(&client, kind).await.unwrap_err().is_panic(), "{kind:?}");
        assert_eq!(call(&client, kind).await.numbers(), [1], "{kind:?}");
    }
}

#[tokio::test]
async fn a_request_stream_that_panics_ends_its_own_call_and_no_other() {
    for kind in [Kind::ClientStreaming, Kind::BidiStreaming] {
        let harness = Harness::scripted(|mut exchange| async move {
            if exchange.record().previous_attempts().is_some() {
                return exchange.run(Answer::message(&numbered(2))).await;
            }
            exchange.read_all().await;
            exchange.run(Answer::message(&numbered(1))).await;
        });
        harness.authenticate_with(|builder| builder.login_first(true));
        let client = harness.client();
        let messages = stream::iter([1, 2, 3]).map_panicking();
        let request = Request::new(messages);
        let calling = client.clone();
        let outcome = within_reason(
            "the call",
            tokio::spawn(async move {
                match kind {
                    Kind::ClientStreaming => calling.client_streaming(request).await.map(drop),
                    _ => match calling.bidi_streaming(request).await {
                        Ok(answer) => answer.into_inner().message().await.map(drop),
                        Err(status) => Err(status),
                    },
                }
            }),
        )
        .await;
        // The panic comes up where the stream is polled: in the connection's task or in the caller's own.
        assert!(!matches!(outcome, Ok(Ok(()))), "{kind:?}");
        // tonic's channel has lost its connection with the task that panicked, and makes another for the next call.
        let next = within_reason("the next call", call(&harness.client(), Kind::Unary)).await;
        assert_eq!(next.numbers(), [1], "{kind:?}: {:?}", next.status);
        assert!(harness.authenticator().login().now_or_never().unwrap().is_ok(), "{kind:?}");
    }
}

trait MapPanicking {
    fn map_panicking(self) -> impl futures_util::Stream<Item = tests::calls::Message> + Send + 'static;
}

impl<S: futures_util::Stream<Item = u64> + Send + 'static> MapPanicking for S {
    fn map_panicking(self) -> impl futures_util::Stream<Item = tests::calls::Message> + Send + 'static {
        futures_util::StreamExt::map(self, |number| {
            assert!(number < 3, "a mistake in the caller's stream");
            numbered(number)
        })
    }
}

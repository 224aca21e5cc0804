//! A session under flows that fail in ways which only this crate can bring about, or that a call cannot show.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{
    collections::VecDeque,
    error::Error,
    fmt,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use tokio::sync::Semaphore;

use crate::{
    AuthError, Authenticator, AuthenticatorBuilder, Credentials, Discovery, Flow, FlowContext, ServerDetails,
    error::RUNTIME_SHUT_DOWN, session::Attachment,
};

const SECOND: Duration = Duration::from_secs(1);

/// Ends each login as the next in its list says; then with new tokens. Clones are the same flow.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Scripted>>);

#[derive(Default)]
struct Scripted {
    failures: VecDeque<AuthError>,
    /// Each login waits for one permit.
    gate: Option<Arc<Semaphore>>,
    /// The refresh token that each was asked with.
    asked: Vec<Option<String>>,
}

impl Script {
    fn failing(failures: impl IntoIterator<Item = AuthError>) -> Self {
        let script = Self::default();
        script.0.lock().unwrap().failures.extend(failures);
        script
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }

    fn builder(&self) -> AuthenticatorBuilder {
        Authenticator::builder("http://localhost:1").flow(self.clone())
    }
}

impl Flow for Script {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        use secrecy::ExposeSecret as _;
        let (failure, gate, number) = {
            let mut script = self.0.lock().unwrap();
            let refresh_token = previous.and_then(Credentials::refresh_token);
            script.asked.push(refresh_token.map(|token| token.expose_secret().to_owned()));
            (script.failures.pop_front(), script.gate.clone(), script.asked.len())
        };
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
        match failure {
            Some(failure) => Err(failure),
            None => Ok(Credentials::new(format!("token-{number}"))),
        }
    }
}

/// Says what it was told to.
struct Says(Said, Arc<Mutex<usize>>);

type Said = Result<ServerDetails, AuthError>;

impl Discovery for Says {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        *self.1.lock().unwrap() += 1;
        self.0.clone()
    }
}

fn generation(attachment: &Attachment) -> u64 {
    match attachment {
        Attachment::Token(token) => token.generation,
        Attachment::Anonymous => 0,
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_whose_runtime_was_shut_down_is_asked_for_again_at_once_and_one_interrupted_otherwise_is_not() {
    for (reason, again) in [(RUNTIME_SHUT_DOWN, true), ("the flow gave up", false)] {
        let script = Script::failing([AuthError::interrupted(reason)]);
        let authenticator = script.builder().login_first(true).build().unwrap();
        let attachment = authenticator.session().attachment(None).await;
        assert_eq!((attachment.is_ok(), script.asked()), (again, 1 + usize::from(again)), "{reason}: {attachment:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_whose_runtime_is_shut_down_each_time_ends_the_call() {
    let script = Script::failing([(); 5].map(|()| AuthError::interrupted(RUNTIME_SHUT_DOWN)));
    let authenticator = script.builder().login_first(true).build().unwrap();
    assert!(authenticator.session().attachment(None).await.is_err());
    assert_eq!(script.asked(), 2);
}

/// Holds the last authenticator, perhaps.
struct Held(#[allow(dead_code, reason = "it is held and no more")] Mutex<Option<Authenticator>>);

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the flow failed")
    }
}

impl Error for Held {}

#[test]
fn what_waits_may_move_to_another_thread() {
    fn moves<T: Send>(_: T) {}
    let authenticator = Script::default().builder().build().unwrap();
    let session = authenticator.session();
    moves(session.attachment(None));
    moves(session.attachment_for_one_attempt(None));
    moves(session.refresh_after(0, "/checked.Calls/Call", None));
    moves(session.refresh());
    moves(session.log_in());
    moves(session.log_out());
}

/// A user's, with a fault.
struct Panics;

impl tracing::Subscriber for Panics {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        assert!(*event.metadata().level() > tracing::Level::INFO, "a subscriber panicked");
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_subscriber_that_panics_leaves_nobody_waiting() {
    for succeeds in [true, false] {
        let (done, ended) = mpsc::channel();
        let running = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let script = Script::default();
            script.0.lock().unwrap().failures.extend((!succeeds).then(|| AuthError::permanent("no")));
            let authenticator = script.builder().build().unwrap();
            let outcome =
                tracing::subscriber::with_default(Panics, || runtime.block_on(authenticator.refresh_credentials()));
            done.send(outcome.is_ok()).unwrap();
        });
        assert_eq!(ended.recv_timeout(60 * SECOND).expect("the session waits for ever"), succeeds);
        running.join().unwrap();
    }
}

#[test]
fn an_error_that_holds_the_last_authenticator_is_not_dropped_under_the_lock() {
    for succeeds in [true, false] {
        let (done, ended) = mpsc::channel();
        let running = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                let script = Script::default();
                let authenticator = script.builder().build().unwrap();
                let held = AuthError::transient(Held(Mutex::new(Some(authenticator.clone()))));
                let gate = Arc::new(Semaphore::new(1));
                {
                    let mut script = script.0.lock().unwrap();
                    script.failures.push_back(held);
                    script.failures.extend((!succeeds).then(|| AuthError::permanent("another")));
                    script.gate = Some(Arc::clone(&gate));
                }
                drop(authenticator.refresh_credentials().await.unwrap_err());
                // Another begins, whose end takes the place of that error.
                let mut refresh = Box::pin(authenticator.refresh_credentials());
                std::future::poll_fn(|context| {
                    assert!(refresh.as_mut().poll(context).is_pending());
                    std::task::Poll::Ready(())
                })
                .await;
                drop(refresh);
                drop(authenticator);
                gate.add_permits(1);
                while script.asked() < 2 || Arc::strong_count(&script.0) > 1 {
                    tokio::task::yield_now().await;
                }
            });
            done.send(()).unwrap();
        });
        ended.recv_timeout(60 * SECOND).expect("the session waits for itself");
        running.join().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_with_one_attempt_goes_without_credentials_only_where_that_is_known_to_be_enough() {
    let details = ServerDetails::without_authentication;
    let unsure = || AuthError::transient("the server does not say");
    let rows: [(&str, bool, Option<Said>, bool, u64); 6] = [
        ("there is no flow", false, None, false, 0),
        ("nobody can be asked", true, None, false, 1),
        ("the server says nothing", true, Some(Ok(ServerDetails::default())), false, 1),
        ("the server wants none", true, Some(Ok(details())), false, 0),
        ("a call without any was accepted", true, Some(Ok(ServerDetails::default())), true, 0),
        ("a call without any was accepted, and the server cannot be asked", true, Some(Err(unsure())), true, 0),
    ];
    for (what, flow, says, accepted, expected) in rows {
        let script = Script::default();
        let mut builder = Authenticator::builder("http://localhost:1");
        if flow {
            builder = builder.flow(script.clone());
        }
        if let Some(says) = says {
            builder = builder.discovery(Says(says, Arc::default()));
        }
        let authenticator = builder.build().unwrap();
        let session = authenticator.session();
        if accepted {
            session.anonymous_accepted();
        }
        let attachment = session.attachment_for_one_attempt(None).await.unwrap();
        assert_eq!(generation(&attachment), expected, "{what}");
        assert_eq!(script.asked() as u64, expected, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn that_a_server_wants_no_credentials_is_true_for_the_moment() {
    let (script, asked) = (Script::default(), Arc::new(Mutex::new(0)));
    let says = Says(Ok(ServerDetails::without_authentication()), Arc::clone(&asked));
    let authenticator = script.builder().discovery(says).build().unwrap();
    let session = authenticator.session();
    for calls in 1..=3 {
        assert_eq!(generation(&session.attachment_for_one_attempt(None).await.unwrap()), 0);
        assert_eq!(*asked.lock().unwrap(), calls);
    }
    // It has changed its mind.
    session.mark_rejected(0, None);
    assert_eq!(generation(&session.attachment_for_one_attempt(None).await.unwrap()), 1);
    assert_eq!(script.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_handed_out_without_a_login() {
    let script = Script::default();
    let authenticator = script.builder().build().unwrap();
    let session = authenticator.session();
    assert!(session.no_login_attachment().is_none(), "nobody knows whether the server wants some");
    session.anonymous_accepted();
    assert!(matches!(session.no_login_attachment(), Some(Attachment::Anonymous)));
    assert!(!session.expects_credentials());
    authenticator.login().await.unwrap();
    assert_eq!(session.no_login_attachment().as_ref().map(generation), Some(1));
    script.0.lock().unwrap().gate = Some(Arc::new(Semaphore::new(0)));
    session.mark_rejected(1, None);
    assert!(session.no_login_attachment().is_none());
    assert!(session.expects_credentials());

    let expired = Credentials::new("token").with_expires_in(Duration::ZERO);
    let authenticator = script.builder().credentials(expired).build().unwrap();
    assert!(authenticator.session().no_login_attachment().is_none());
    assert!(authenticator.session().expects_credentials());
}

#[tokio::test(start_paused = true)]
async fn credentials_that_had_expired_before_the_session_began_are_refreshed_at_once() {
    let script = Script::default();
    let expired = Credentials::new("token").with_refresh_token("refresh").with_expires_in(Duration::ZERO);
    let authenticator = script.builder().credentials(expired).build().unwrap();
    let attachment = authenticator.session().attachment(None).await.unwrap();
    assert_eq!(generation(&attachment), 2);
    assert_eq!(script.0.lock().unwrap().asked, [Some("refresh".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_deadline_waits_a_few_seconds_and_all_that_wait_share_one_attempt() {
    let script = Script::failing([AuthError::transient("busy")]);
    let authenticator = script.builder().login_first(true).build().unwrap();
    let session = authenticator.session();
    let waiting = [(); 3].map(|()| session.attachment(None));
    let [one, two, three] = waiting;
    let (one, two, three) = tokio::join!(one, two, three);
    for attachment in [one, two, three] {
        assert_eq!(generation(&attachment.unwrap()), 1);
    }
    assert_eq!(script.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_deadline_fails_before_the_pause_that_it_will_not_wait_for() {
    let script = Script::failing([(); 20].map(|()| AuthError::transient("busy")));
    let authenticator = script.builder().login_first(true).build().unwrap();
    let started = tokio::time::Instant::now();
    let error = authenticator.session().attachment(None).await.unwrap_err();
    assert!(error.is_transient());
    assert!(started.elapsed() < 3 * SECOND, "{:?}", started.elapsed());
    // After one pause or two.
    assert!((2..=3).contains(&script.asked()), "{} attempts", script.asked());
}

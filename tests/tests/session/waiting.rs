//! Calls that have the time wait until a provider that fails for the moment can be asked again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    error::Error as _,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use auth_runtime::{AuthError, limits::Limits};
use futures_util::{FutureExt as _, future::join_all};
use tests::{
    call::{Kind, call, call_with, numbered, spawn_with},
    calls::Message,
    flow::Login as Attempt,
    harness::Harness,
    login::Login,
    token_endpoint::Answer,
    transport::LocalTransport,
};
use tokio::time::Instant;
use tonic::{Code, Request};

const NO_TIME: Duration = Duration::from_millis(500);

fn timed(time: Duration) -> Request<Message> {
    let mut request = Request::new(numbered(7));
    request.set_timeout(time);
    request
}

fn seconds(seconds: u64) -> Request<Message> {
    timed(Duration::from_secs(seconds))
}

/// Sessions that log in before their first call, and sessions whose first call is rejected.
fn before_and_after_a_rejection() -> [Harness<LocalTransport>; 2] {
    [true, false].map(|login_first| {
        let harness = Harness::local_checking();
        harness.authenticate_with(|builder| builder.login_first(login_first));
        harness
    })
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_passes_within_the_deadline_is_not_seen_by_the_call() {
    for kind in Kind::ALL {
        for harness in before_and_after_a_rejection() {
            for _ in 0..3 {
                harness.flow.then(Attempt::transient("away"));
            }
            let started = Instant::now();
            let outcome = call_with(&harness.client(), kind, seconds(10)).await;

            assert_eq!(outcome.code(), Code::Ok, "{kind:?}: {:?}", outcome.status);
            assert_eq!((harness.flow.calls(), harness.flow.most_running()), (4, 1), "{kind:?}");
            // 1 s, 1.6 s, 2.56 s, each a fifth longer or shorter.
            let waited = started.elapsed().as_secs_f64();
            assert!((4.1..=6.3).contains(&waited), "{kind:?}: {waited} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hears_of_a_failure_only_after_the_pause_asks_again_as_well() {
    // The session reads the clock before each of its steps: the pause passes during one of them.
    for slow_step in 0..12 {
        for login_first in [true, false] {
            let harness = Harness::local_checking();
            let steps = AtomicUsize::new(0);
            harness.authenticate_with(|builder| {
                builder.login_first(login_first).wall_clock(move || {
                    if steps.fetch_add(1, Ordering::SeqCst) == slow_step {
                        // It has advanced by the time that it waits.
                        let _ = tokio::time::advance(Duration::from_secs(2)).now_or_never();
                    }
                    SystemTime::now()
                })
            });
            harness.flow.then(Attempt::transient("away"));
            let outcome = call_with(&harness.client(), Kind::Unary, seconds(10)).await;

            assert_eq!(outcome.code(), Code::Ok, "step {slow_step}: {:?}", outcome.status);
            assert_eq!(harness.flow.calls(), 2, "step {slow_step}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_pause_is_wanted_a_failure_is_not_waited_out() {
    let harness = Harness::local_checking();
    harness
        .authenticate_with(|builder| builder.login_first(true).limits(Limits::new().with_backoff_max(Duration::ZERO)));
    harness.flow.then(Attempt::transient("away"));
    let outcome = call_with(&harness.client(), Kind::Unary, seconds(10)).await;

    assert_eq!(outcome.code(), Code::Unavailable, "{:?}", outcome.status);
    assert_eq!(harness.flow.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_the_deadline_leaves_no_time_for_another_attempt_the_cause_is_told_at_once() {
    for kind in Kind::ALL {
        for harness in before_and_after_a_rejection() {
            harness.flow.then(Attempt::transient("connection refused"));
            let started = Instant::now();
            let outcome = call_with(&harness.client(), kind, timed(NO_TIME)).await;

            assert_ne!(outcome.code(), Code::DeadlineExceeded, "{kind:?}");
            let cause = outcome.status().source().and_then(|source| source.downcast_ref::<AuthError>()).unwrap();
            assert!(cause.to_string().contains("connection refused"), "{kind:?}: {cause}");
            assert_eq!((started.elapsed(), harness.flow.calls()), (Duration::ZERO, 1), "{kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_outlasts_the_deadline_ends_with_its_cause_before_the_deadline() {
    let harness = Harness::local_checking();
    harness.authenticate_with(|builder| builder.login_first(true));
    for _ in 0..100 {
        harness.flow.then(Attempt::transient("away"));
    }
    let started = Instant::now();
    let outcome = call_with(&harness.client(), Kind::Unary, seconds(60)).await;

    assert_eq!(outcome.code(), Code::Unavailable, "{:?}", outcome.status);
    assert!(outcome.status().message().contains("away"));
    assert!(started.elapsed() < Duration::from_secs(60));
    // 1 + 1.6 + 2.56 + 4.1 + 6.55 + 10.5 + 16.8 s fit in, more or less; the next pause does not.
    assert!((5..=9).contains(&harness.flow.calls()), "{} attempts in a minute", harness.flow.calls());
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_is_not_waited_out() {
    for kind in Kind::ALL {
        for harness in before_and_after_a_rejection() {
            harness.flow.then(Attempt::permanent("invalid_client"));
            let started = Instant::now();
            let outcome = call_with(&harness.client(), kind, seconds(60)).await;

            assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}: {:?}", outcome.status);
            assert_eq!((started.elapsed(), harness.flow.calls()), (Duration::ZERO, 1), "{kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_deadline_waits_for_a_moment() {
    for kind in Kind::ALL {
        for harness in before_and_after_a_rejection() {
            harness.flow.then(Attempt::transient("away"));
            let outcome = call(&harness.client(), kind).await;

            assert_eq!(outcome.code(), Code::Ok, "{kind:?}: {:?}", outcome.status);
            assert_eq!(harness.flow.calls(), 2, "{kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_deadline_does_not_wait_for_long() {
    for kind in Kind::ALL {
        for harness in before_and_after_a_rejection() {
            for _ in 0..100 {
                harness.flow.then(Attempt::transient("away"));
            }
            let started = Instant::now();
            let outcome = call(&harness.client(), kind).await;

            assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}: {:?}", outcome.status);
            assert!(outcome.status().message().contains("away"), "{kind:?}: {:?}", outcome.status);
            // 1 s and mostly 1.6 s, each a fifth longer or shorter.
            assert!(started.elapsed() < Duration::from_secs(3), "{kind:?}: {:?}", started.elapsed());
            assert!((2..=3).contains(&harness.flow.calls()), "{kind:?}: {} attempts", harness.flow.calls());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_that_wait_make_one_attempt_at_a_time() {
    for harness in before_and_after_a_rejection() {
        for _ in 0..4 {
            harness.flow.then(Attempt::transient("away"));
        }
        let client = harness.client();
        let calls = (0..1000).map(|number| spawn_with(&client, Kind::ALL[number % 4], seconds(30)));
        for outcome in join_all(calls).await {
            let outcome = outcome.unwrap();
            assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.status);
        }
        assert_eq!((harness.flow.calls(), harness.flow.most_running()), (5, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_hangs_is_tried_again_by_a_call_with_the_time_for_it() {
    let harness = Harness::local_checking();
    harness.authenticate_with(|builder| builder.login_first(true));
    harness.flow.then(Attempt::Hang);
    let started = Instant::now();
    let outcome = call_with(&harness.client(), Kind::Unary, seconds(120)).await;

    assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.status);
    assert_eq!((started.elapsed().as_secs() / 2, harness.flow.calls()), (30, 2));
}

#[tokio::test]
async fn a_person_is_not_asked_a_second_time_for_the_same_call() {
    let login = Login::new();
    login.provider.then("/token", Answer::status(503));
    let authenticator = login.authenticator(login.pkce());
    let waiting = spawn_with(&login.client(&authenticator), Kind::Unary, seconds(120));
    login.log_in(0).await;
    let outcome = waiting.await.unwrap();

    // Nobody said that the caller may not.
    assert_eq!(outcome.code(), Code::Unavailable, "{:?}", outcome.status);
    assert_eq!((login.prompt.shown().len(), login.provider.requests("/token").len()), (1, 1));
}

#[tokio::test]
async fn a_persons_refresh_token_is_tried_again_without_them() {
    let login = Login::new();
    let authenticator = login.authenticator(login.pkce());
    let (credentials, _) = tokio::join!(authenticator.login(), login.log_in(0));
    credentials.unwrap();
    login.tokens.revoke_all();
    login.provider.then("/token", Answer::status(503));
    let outcome = call_with(&login.client(&authenticator), Kind::Unary, seconds(60)).await;

    assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.status);
    assert_eq!((login.prompt.shown().len(), login.provider.requests("/token").len()), (1, 3));
}

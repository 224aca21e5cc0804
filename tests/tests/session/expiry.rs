//! When a token is replaced: before it ends, in the background where there is time, and never without traffic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use auth_runtime::{Authenticator, Credentials};
use tests::{
    call::{Kind, call, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    flow::Login,
    harness::Harness,
    transport::LocalTransport,
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, sleep_until},
};
use tonic::Code;

/// How long before its expiry a token is refreshed in the background.
const REFRESH_WINDOW: Duration = Duration::from_secs(240);
const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// Logged in at the beginning with a token of this lifetime; all further tokens have it too.
async fn with_tokens_that_live(lifetime: Duration) -> (Harness<LocalTransport>, Authenticator, Instant) {
    let harness = Harness::local_checking();
    harness.tokens_live(lifetime);
    let authenticator = harness.authenticate_with(|builder| builder);
    let start = Instant::now();
    authenticator.login().await.unwrap();
    (harness, authenticator, start)
}

async fn succeeds(harness: &Harness<LocalTransport>) {
    let outcome = call(&harness.client(), Kind::Unary).await;
    assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.status);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_ended_is_refreshed_before_the_call_and_never_sent() {
    for kind in Kind::ALL {
        let (harness, _authenticator, start) = with_tokens_that_live(HOUR).await;
        // A second before its end counts as the end: it has to survive the way to the server.
        sleep_until(start + HOUR - SECOND).await;

        assert_eq!(call(&harness.client(), kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!(harness.flow.calls(), 2, "{kind:?}");
        assert_eq!(harness.tokens_seen(), [harness.issued().pop()], "{kind:?}: only the new token");
        assert_eq!(harness.flow.previous_tokens()[1].as_ref(), Some(&harness.issued()[0]), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_counts_as_ended_thirty_seconds_early() {
    for (before_end, refreshed_first) in [(31, false), (29, true)] {
        let (harness, _authenticator, start) = with_tokens_that_live(HOUR).await;
        let refresh = harness.flow.hold();
        sleep_until(start + HOUR - before_end * SECOND).await;
        let calling = spawn(&harness.client(), Kind::Unary);
        refresh.arrived(1).await;
        // The call that need not wait is over before the refresh.
        let over = async {
            while !calling.is_finished() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let waits = tokio::time::timeout(SECOND / 2, over).await.is_err();
        refresh.open();

        assert_eq!(calling.await.unwrap().code(), Code::Ok);
        assert_eq!(waits, refreshed_first, "{before_end} s before the end");
    }
}

#[tokio::test(start_paused = true)]
async fn within_the_window_the_old_token_serves_while_one_refresh_runs_in_the_background() {
    for kind in Kind::ALL {
        let (harness, _authenticator, start) = with_tokens_that_live(HOUR).await;
        let refresh = harness.flow.hold();
        let client = harness.client();
        sleep_until(start + HOUR - REFRESH_WINDOW / 3).await;
        for _ in 0..20 {
            assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
        }
        refresh.arrived(1).await;
        assert_eq!((harness.flow.calls(), harness.flow.running()), (2, 1), "{kind:?}");
        let old = harness.issued()[0].clone();
        assert!(harness.tokens_seen().iter().all(|seen| seen.as_ref() == Some(&old)), "{kind:?}");
        refresh.open();
        while harness.flow.ended() < 2 {
            tokio::task::yield_now().await;
        }
        sleep(SECOND).await;

        assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!(harness.tokens_seen().pop().unwrap(), harness.issued().pop(), "{kind:?}");
        assert_eq!(harness.flow.calls(), 2, "{kind:?}");
    }
}

/// How long before the end of its token a session refreshes it.
async fn window_of(lifetime: Duration) -> Duration {
    let (harness, _authenticator, start) = with_tokens_that_live(lifetime).await;
    let client = harness.client();
    let step = lifetime / 1000;
    loop {
        call(&client, Kind::Unary).await;
        // Gives the refresh, if there is one, its turn.
        sleep(step).await;
        if harness.flow.calls() > 1 {
            return (start + lifetime).saturating_duration_since(Instant::now()) + step;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_window_is_240_seconds_less_a_random_part_of_up_to_half() {
    let step = HOUR / 1000;
    let mut windows = Vec::new();
    for _ in 0..24 {
        let window = window_of(HOUR).await;
        assert!(window <= REFRESH_WINDOW + step, "{window:?}");
        assert!(window + step >= REFRESH_WINDOW / 2, "{window:?}");
        windows.push(window.as_secs() / 10);
    }
    windows.dedup();
    assert!(windows.len() > 3, "a fleet would refresh in step: {windows:?}");
}

#[tokio::test(start_paused = true)]
async fn the_window_of_a_short_token_is_at_most_half_its_life() {
    for lifetime in [2 * SECOND, 10 * SECOND, 60 * SECOND] {
        for _ in 0..8 {
            let window = window_of(lifetime).await;
            assert!(window <= lifetime / 2 + lifetime / 500, "{lifetime:?}: {window:?}");
            assert!(window >= lifetime / 4 - lifetime / 500, "{lifetime:?}: {window:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_two_seconds_is_refreshed_about_once_a_life_and_not_on_every_call() {
    let (harness, _authenticator, _start) = with_tokens_that_live(2 * SECOND).await;
    let client = harness.client();
    for _ in 0..6000 {
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
        sleep(Duration::from_millis(10)).await;
    }

    let logins = harness.flow.calls();
    assert!((30..=61).contains(&logins), "{logins} logins in a minute with tokens of 2 s");
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_asks_for_nothing() {
    let (harness, _authenticator, _start) = with_tokens_that_live(HOUR).await;
    succeeds(&harness).await;
    sleep(100 * HOUR).await;

    assert_eq!(harness.flow.calls(), 1);
    succeeds(&harness).await;
    assert_eq!(harness.flow.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_without_a_lifetime_lasts_until_it_is_rejected() {
    for kind in Kind::ALL {
        let harness = Harness::local_checking();
        let token = harness.valid_token();
        harness.authenticate_with(|builder| builder.credentials(Credentials::new(&token)));
        let client = harness.client();
        sleep(1000 * HOUR).await;
        assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!(harness.flow.calls(), 0, "{kind:?}");
        harness.tokens().revoke(&token);

        assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_dead_on_arrival_is_tried_at_most_once_and_not_asked_for_in_a_loop() {
    let lived_up: [fn(Credentials) -> Credentials; 2] = [
        |credentials| credentials.with_expires_in(Duration::ZERO),
        |credentials| credentials.with_expires_at(SystemTime::now() - HOUR),
    ];
    for lived_up in lived_up {
        let harness = Harness::local_checking();
        harness.authenticate_with(|builder| builder.login_first(true));
        for _ in 0..200 {
            harness.flow.then(Login::Issue(lived_up(Credentials::new(harness.valid_token()))));
        }
        let client = harness.client();
        for number in 0..100 {
            call(&client, Kind::ALL[number % 4]).await;
        }

        assert_eq!(harness.flow.calls(), 1, "no time has passed");
        assert!(harness.peer.requests().len() <= 1, "{} calls with a dead token", harness.peer.requests().len());
        sleep(3600 * SECOND).await;
        call(&client, Kind::Unary).await;
        assert_eq!(harness.flow.calls(), 2, "it is asked for again in time");
    }
}

#[tokio::test(start_paused = true)]
async fn an_absurd_lifetime_overflows_nothing() {
    for lifetime in [Duration::MAX, Duration::from_secs(1_000_000_000_000), Duration::from_secs(u64::MAX)] {
        let (harness, _authenticator, _start) = with_tokens_that_live(lifetime).await;
        succeeds(&harness).await;
        sleep(1000 * HOUR).await;
        succeeds(&harness).await;
        assert_eq!(harness.flow.calls(), 1, "{lifetime:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lifetime_counts_from_the_start_of_the_login() {
    let harness = Harness::local_checking();
    harness.tokens_live(40 * SECOND);
    let authenticator = harness.authenticate_with(|builder| builder);
    let login = harness.flow.hold();
    let start = Instant::now();
    let logging_in = tokio::spawn(async move { authenticator.login().await.map(drop) });
    login.arrived(1).await;
    sleep(35 * SECOND).await;
    login.open();
    logging_in.await.unwrap().unwrap();
    sleep_until(start + 39 * SECOND).await;
    succeeds(&harness).await;

    assert_eq!(harness.flow.calls(), 2, "five seconds are left of a token that took 35 to arrive");
    assert_eq!(harness.tokens_seen(), [harness.issued().pop()]);
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_has_moved_on_while_the_machine_slept_ends_a_token() {
    let slept = Arc::new(AtomicU64::new(0));
    let harness = Harness::local_checking();
    harness.tokens_live(HOUR);
    let start = SystemTime::now();
    let authenticator = harness.authenticate_with(|builder| {
        let slept = slept.clone();
        builder.wall_clock(move || start + Duration::from_secs(slept.load(Ordering::SeqCst)))
    });
    authenticator.login().await.unwrap();
    succeeds(&harness).await;
    assert_eq!(harness.flow.calls(), 1);
    slept.store(2 * 3600, Ordering::SeqCst);
    succeeds(&harness).await;

    assert_eq!(harness.flow.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_was_set_back_does_not_keep_a_token_alive() {
    let start = SystemTime::now();
    let wall = Arc::new(Mutex::new(start));
    let harness = Harness::local_checking();
    harness.tokens_live(HOUR);
    let authenticator = harness.authenticate_with(|builder| {
        let wall = wall.clone();
        builder.wall_clock(move || *wall.lock().unwrap())
    });
    authenticator.login().await.unwrap();
    *wall.lock().unwrap() = start - 24 * HOUR;
    sleep(2 * HOUR).await;
    succeeds(&harness).await;

    assert_eq!(harness.flow.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn credentials_say_when_they_end_in_wall_time() {
    let start = SystemTime::now();
    let harness = Harness::local_checking();
    harness.tokens_live(HOUR);
    let authenticator = harness.authenticate_with(|builder| builder.wall_clock(move || start));
    let credentials = authenticator.login().await.unwrap();

    assert_eq!(credentials.expires_at(), Some(start + HOUR));
    assert_eq!(authenticator.get_credentials().unwrap().expires_at(), Some(start + HOUR));
}

#[tokio::test(start_paused = true)]
async fn the_last_clone_to_be_dropped_ends_a_background_refresh() {
    let harness = Harness::local_checking();
    harness.tokens_live(HOUR);
    let authenticator = harness.builder().build().unwrap();
    authenticator.login().await.unwrap();
    harness.flow.then(Login::Hang);
    let client = AuthenticatedCallsClient::new(authenticator.over(harness.peer.clone()));
    let clone = client.clone();
    sleep(HOUR - REFRESH_WINDOW / 3).await;
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    harness.flow.started(2).await;
    drop((authenticator, client));
    sleep(SECOND).await;
    assert_eq!(harness.flow.running(), 1, "a clone is left");
    drop(clone);
    sleep(SECOND).await;

    assert_eq!((harness.flow.running(), harness.flow.ended()), (0, 1));
    assert_eq!(harness.flow.owners(), 1, "something still holds the flow");
}

#[tokio::test]
async fn a_session_without_traffic_leaves_no_task_behind() {
    let before = Handle::current().metrics().num_alive_tasks();
    let harness = Harness::local_checking();
    harness.tokens_live(HOUR);
    let authenticator = harness.builder().build().unwrap();
    authenticator.login().await.unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.over(harness.peer.clone()));
    drop(authenticator);
    assert_eq!(call(&client, Kind::ServerStreaming).await.code(), Code::Ok);
    drop(client);
    while Handle::current().metrics().num_alive_tasks() > before {
        tokio::task::yield_now().await;
    }

    assert_eq!(harness.flow.owners(), 1);
}

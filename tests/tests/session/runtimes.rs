//! Logins whose runtime ends, or is no longer run, while calls wait for them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use auth_runtime::AuthErrorKind;
use futures_util::FutureExt as _;
use tests::{
    call::{Kind, call, spawn},
    flow::Login,
    gate::Gate,
    harness::Harness,
    property::turns,
    transport::LocalTransport,
};
use tokio::runtime::{Builder, Runtime};
use tonic::Code;

fn logging_in_first() -> Harness<LocalTransport> {
    let harness = Harness::local_checking();
    harness.authenticate_with(|builder| builder.login_first(true));
    harness
}

/// A runtime that only runs while something blocks on it.
fn at_rest() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn with_paused_time() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

fn of_its_own_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn a_runtime_that_is_shut_down_during_a_login_does_not_break_the_session() {
    let harness = logging_in_first();
    let client = harness.client();
    let first = of_its_own_thread();
    harness.flow.then(Login::Hang);
    let waiting = {
        let _runtime = first.enter();
        spawn(&client, Kind::Unary)
    };
    first.block_on(harness.flow.started(1));
    drop(first);
    assert!(waiting.is_finished());

    with_paused_time().block_on(async {
        // Nobody has failed who should be left alone for a while.
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    });
}

#[test]
fn a_call_that_waits_on_another_runtime_than_the_one_that_is_shut_down_logs_in_itself() {
    for kind in Kind::ALL {
        let harness = logging_in_first();
        let client = harness.client();
        let (first, second) = (of_its_own_thread(), of_its_own_thread());
        harness.flow.then(Login::Hang);
        let begun = {
            let _runtime = first.enter();
            spawn(&client, kind)
        };
        first.block_on(harness.flow.started(1));
        let waiting = {
            let _runtime = second.enter();
            spawn(&client, kind)
        };
        first.shutdown_timeout(Duration::from_secs(60));
        let outcome = second.block_on(waiting).unwrap();

        assert_eq!(outcome.code(), Code::Ok, "{kind:?}: {:?}", outcome.status);
        assert_eq!(harness.flow.calls(), 2, "{kind:?}");
        assert!(begun.is_finished(), "{kind:?}");
    }
}

#[test]
fn a_call_outlives_any_number_of_runtimes_that_are_not_its_own() {
    const OTHERS: usize = 3;
    for kind in Kind::ALL {
        let harness = logging_in_first();
        let client = harness.client();
        let own = at_rest();
        let waiting = {
            let _runtime = own.enter();
            spawn(&client, kind)
        };
        for logins in 1..=OTHERS {
            let other = of_its_own_thread();
            harness.flow.then(Login::Hang);
            let begun = {
                let _runtime = other.enter();
                spawn(&client, kind)
            };
            other.block_on(harness.flow.started(logins));
            // Time to join that login, and none to start one of its own when it has ended.
            own.block_on(turns(10));
            other.shutdown_timeout(Duration::from_secs(60));
            assert!(begun.is_finished(), "{kind:?}");
        }
        let outcome = own.block_on(waiting).unwrap();

        assert_eq!(outcome.code(), Code::Ok, "{kind:?}: {:?}", outcome.status);
        assert_eq!(harness.flow.calls(), OTHERS + 1, "{kind:?}");
    }
}

#[test]
fn a_login_on_a_runtime_that_nothing_runs_any_more_is_given_up_by_those_who_wait_elsewhere() {
    for kind in Kind::ALL {
        let harness = logging_in_first();
        let client = harness.client();
        let (resting, gate) = (at_rest(), Gate::new());
        harness.flow.then(Login::token(harness.secret()).held_at(&gate));
        resting.block_on(async {
            let begun = spawn(&client, kind);
            gate.arrived(1).await;
            begun.abort();
        });
        with_paused_time().block_on(async {
            let started = tokio::time::Instant::now();
            let outcome = call(&client, kind).await;
            assert_eq!(outcome.code(), Code::Ok, "{kind:?}: {:?}", outcome.status);
            assert_eq!(harness.flow.calls(), 2, "{kind:?}");
            // A refresh that is refused and a login, a minute each, and a margin; it had begun a moment before.
            assert!((124..=125).contains(&started.elapsed().as_secs()), "{kind:?}: {:?}", started.elapsed());
        });

        // Should it come to its end after all, it changes nothing.
        let token = harness.authenticator().get_credentials().unwrap();
        gate.open();
        resting.block_on(async {
            assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
            tokio::task::yield_now().await;
        });
        assert!(harness.authenticator().get_credentials().unwrap().same_tokens(&token), "{kind:?}");
        assert_eq!((harness.flow.calls(), harness.flow.running()), (2, 0), "{kind:?}");
        assert_eq!(harness.authenticator().statistics().failures(), 0, "{kind:?}: nobody has failed");
    }
}

#[test]
fn the_end_of_a_login_that_was_given_up_does_not_end_the_one_that_took_its_place() {
    let harness = logging_in_first();
    let client = harness.client();
    let (resting, elsewhere) = (at_rest(), with_paused_time());
    let (given_up, gate) = (Gate::new(), Gate::new());
    harness.flow.then(Login::token(harness.secret()).held_at(&given_up));
    harness.flow.then(Login::token(harness.valid_token()).held_at(&gate));
    resting.block_on(async {
        let begun = spawn(&client, Kind::Unary);
        given_up.arrived(1).await;
        begun.abort();
    });
    let first = {
        let _runtime = elsewhere.enter();
        spawn(&client, Kind::Unary)
    };
    elsewhere.block_on(async {
        // Longer than a login that nothing runs is waited for.
        tokio::time::sleep(Duration::from_secs(126)).await;
        gate.arrived(1).await;
    });
    while harness.flow.running() > 1 {
        resting.block_on(tokio::task::yield_now());
    }
    let outcomes = elsewhere.block_on(async {
        let second = spawn(&client, Kind::Unary);
        tokio::task::yield_now().await;
        gate.open();
        [first.await.unwrap(), second.await.unwrap()]
    });

    for outcome in outcomes {
        assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.status);
    }
    assert_eq!(harness.flow.calls(), 2);
    let statistics = harness.authenticator().statistics();
    assert_eq!((statistics.logins(), statistics.failures()), (1, 0));
}

#[test]
fn a_login_that_only_rests_for_a_while_is_waited_for() {
    let harness = logging_in_first();
    let client = harness.client();
    let (resting, gate) = (at_rest(), Gate::new());
    harness.flow.then(Login::token(harness.valid_token()).held_at(&gate));
    resting.block_on(async {
        let begun = spawn(&client, Kind::Unary);
        gate.arrived(1).await;
        begun.abort();
    });
    let elsewhere = of_its_own_thread();
    let waiting = {
        let _runtime = elsewhere.enter();
        spawn(&client, Kind::Unary)
    };
    gate.open();
    // The second call finds the first one's login.
    let outcome = resting.block_on(call(&client, Kind::Unary));
    assert_eq!(outcome.code(), Code::Ok, "{:?}", outcome.status);
    assert_eq!(elsewhere.block_on(waiting).unwrap().code(), Code::Ok);
    assert_eq!(harness.flow.calls(), 1);
}

#[test]
fn a_call_outside_of_any_runtime_is_told_so_and_one_with_a_token_needs_none() {
    let harness = logging_in_first();
    let client = harness.client();
    let outcome = call(&client, Kind::Unary).now_or_never().unwrap();
    assert_eq!(outcome.code(), Code::Internal);
    assert!(outcome.status().message().contains("tokio runtime"), "{:?}", outcome.status);

    at_rest().block_on(harness.authenticator().login()).unwrap();
    assert_eq!(call(&client, Kind::Unary).now_or_never().unwrap().code(), Code::Ok);
}

#[test]
fn whatever_else_needs_a_runtime_says_so_outside_of_one() {
    let runtime = at_rest();
    let login = runtime.block_on(async { tests::login::Login::new() });
    let store = tests::store::WatchedStore::new();
    let authenticator = login.builder(login.pkce()).store(store.clone()).build().unwrap();
    let errors = [
        authenticator.login().now_or_never().unwrap().map(drop),
        authenticator.refresh_credentials().now_or_never().unwrap().map(drop),
        authenticator.stored_credentials().now_or_never().unwrap().map(drop),
        authenticator.logout().now_or_never().unwrap().map(drop),
    ];
    for error in errors {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::NoRuntime, "{error:?}");
        assert!(error.to_string().contains("needs a tokio runtime"), "{error}");
    }
    assert!(store.operations().is_empty(), "{:?}", store.operations());
}

#[test]
fn a_session_without_a_store_logs_out_outside_of_a_runtime() {
    let harness = logging_in_first();
    at_rest().block_on(harness.authenticator().login()).unwrap();
    assert!(!harness.authenticator().logout().now_or_never().unwrap().unwrap());
    assert!(harness.authenticator().get_credentials().is_none());
}

#[test]
fn a_call_that_would_wait_for_a_provider_outside_of_any_runtime_fails_with_the_reason() {
    for kind in Kind::ALL {
        let harness = logging_in_first();
        harness.flow.then(Login::transient("away"));
        at_rest().block_on(harness.authenticator().refresh_credentials()).unwrap_err();
        let outcome = call(&harness.client(), kind).now_or_never().unwrap();
        assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}: {:?}", outcome.status);
        assert!(outcome.status().message().contains("away"), "{kind:?}: {:?}", outcome.status);
    }
}

#[test]
fn nor_does_a_call_with_a_deadline_whose_response_takes_its_time() {
    let harness = Harness::local(LocalTransport::new(|_request| std::future::pending()));
    let mut request = tonic::Request::new(tests::call::numbered(7));
    request.set_timeout(Duration::from_secs(1));
    assert!(tests::call::call_with(&harness.client(), Kind::Unary, request).now_or_never().is_none());
}

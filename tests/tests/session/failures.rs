//! Logins that fail: what calls get, when the next attempt is made, and that nothing stays broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{error::Error as _, time::Duration};

use auth_runtime::{AuthError, Credentials, limits::Limits};
use futures_util::future::join_all;
use tests::{
    call::{Kind, call, call_with, hurried, numbered, spawn, spawn_with},
    flow::Login,
    harness::Harness,
    peer::Tokens,
    transport::{self, LocalTransport},
};
use tonic::{Code, Status};

/// A token that is rejected so soon after it was issued counts as one that did not help.
const EARLY_REJECTION: Duration = Duration::from_secs(10);

const HOUR: Duration = Duration::from_secs(3600);

/// Longer than the first pause can be.
const AFTER_FIRST_PAUSE: Duration = Duration::from_millis(1201);

fn logging_in_first() -> Harness<LocalTransport> {
    let harness = Harness::local_checking();
    harness.authenticate_with(|builder| builder.login_first(true));
    harness
}

#[tokio::test(start_paused = true)]
async fn a_transient_failure_without_a_token_is_unavailable_and_over_after_the_pause() {
    for kind in Kind::ALL {
        let harness = logging_in_first();
        harness.flow.then(Login::transient("connection refused"));
        let client = harness.client();
        let outcome = call_with(&client, kind, hurried()).await;

        assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}");
        let source = outcome.status().source().and_then(|source| source.downcast_ref::<AuthError>()).unwrap();
        assert!(source.is_transient() && source.to_string().contains("connection refused"), "{kind:?}: {source}");
        for _ in 0..100 {
            let outcome = call_with(&client, kind, hurried()).await;
            assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}");
            assert!(outcome.status().message().contains("connection refused"), "{kind:?}");
        }
        assert_eq!(harness.flow.calls(), 1, "{kind:?}: calls fail fast during the pause");
        tokio::time::sleep(AFTER_FIRST_PAUSE).await;

        assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!((harness.flow.calls(), harness.peer.requests().len()), (2, 1), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_is_unauthenticated_and_asked_again_only_after_the_pause() {
    for kind in Kind::ALL {
        let harness = logging_in_first();
        harness.flow.then(Login::permanent("invalid_client"));
        let client = harness.client();
        for _ in 0..100 {
            let outcome = call(&client, kind).await;
            assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
            assert!(outcome.status().message().contains("invalid_client"), "{kind:?}");
        }
        assert_eq!((harness.flow.calls(), harness.peer.requests().len()), (1, 0), "{kind:?}");
        tokio::time::sleep(AFTER_FIRST_PAUSE).await;

        assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_by_hand_does_not_wait_for_the_pause_and_heals_the_session() {
    let harness = logging_in_first();
    harness.flow.then(Login::permanent("invalid_client"));
    let client = harness.client();
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Unauthenticated);
    harness.authenticator().login().await.unwrap();

    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
    assert_eq!(harness.flow.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_an_hour_costs_a_few_dozen_attempts_never_two_at_once() {
    let harness = logging_in_first();
    for _ in 0..500 {
        harness.flow.then(Login::transient("away"));
    }
    let client = harness.client();
    let mut attempts_in_the_first_minute = 0;
    for second in 0..3600 {
        // Ten calls at once, each second.
        for outcome in join_all((0..10).map(|number| spawn(&client, Kind::ALL[number % 4]))).await {
            assert_eq!(outcome.unwrap().code(), Code::Unavailable);
        }
        if second == 60 {
            attempts_in_the_first_minute = harness.flow.calls();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    assert_eq!(harness.flow.most_running(), 1);
    // 1 s, 1.6 s, 2.56 s, .. 120 s, each a fifth longer or shorter, and a second's wait for the next call on top.
    assert!((5..=9).contains(&attempts_in_the_first_minute), "{attempts_in_the_first_minute}");
    assert!((30..=55).contains(&harness.flow.calls()), "{} attempts in an hour", harness.flow.calls());
    assert!(harness.peer.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_during_an_outage_share_one_attempt_and_its_error() {
    let harness = logging_in_first();
    let login = tests::gate::Gate::new();
    harness.flow.then(Login::transient("away").held_at(&login));
    let client = harness.client();
    let calls: Vec<_> = (0..10_000).map(|number| spawn_with(&client, Kind::ALL[number % 4], hurried())).collect();
    login.arrived(1).await;
    login.open();
    for outcome in join_all(calls).await {
        let outcome = outcome.unwrap();
        assert_eq!(outcome.code(), Code::Unavailable);
        assert!(outcome.status().message().contains("away"));
    }

    assert_eq!((harness.flow.calls(), harness.flow.most_running()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_does_not_take_away_a_token_that_is_still_valid() {
    for failure in [Login::transient as fn(_) -> _, Login::permanent as fn(_) -> _] {
        let harness = Harness::local_checking();
        let token = harness.valid_token();
        let authenticator =
            harness.authenticate_with(|builder| builder.credentials(Credentials::new(&token).with_expires_in(HOUR)));
        for _ in 0..500 {
            harness.flow.then(failure("away"));
        }
        let client = harness.client();
        // Into the refresh window, and on to the last seconds before the end.
        tokio::time::sleep(HOUR - Duration::from_secs(100)).await;
        for _ in 0..99 {
            assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }

        assert!(harness.flow.calls() >= 3, "{} attempts", harness.flow.calls());
        assert!(harness.flow.calls() <= 12, "{} attempts in 99 seconds", harness.flow.calls());
        assert!(harness.tokens_seen().iter().all(|seen| seen.as_ref() == Some(&token)));
        assert!(authenticator.get_credentials().is_some());
        // Beyond the end it is not sent any more.
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_ne!(call(&client, Kind::Unary).await.code(), Code::Ok);
        assert_eq!(harness.peer.requests().len(), 99);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_after_a_rejection_is_tried_again_after_the_pause() {
    for kind in Kind::ALL {
        let harness = Harness::local_checking();
        harness.flow.then(Login::transient("away"));
        let client = harness.client();

        // Nobody said that the caller may not. The next calls carry no token that is known to be rejected.
        for _ in 0..2 {
            let outcome = call_with(&client, kind, hurried()).await;
            assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}");
            assert!(outcome.status().message().contains("away"), "{kind:?}: {:?}", outcome.status);
        }
        assert_eq!(harness.peer.requests().len(), 1, "{kind:?}");
        tokio::time::sleep(AFTER_FIRST_PAUSE).await;
        assert_eq!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!(harness.flow.calls(), 2, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_panics_fails_those_who_wait_and_nobody_else() {
    let harness = logging_in_first();
    harness.flow.then(Login::Panic("a mistake in the flow"));
    let client = harness.client();
    for outcome in join_all((0..10).map(|number| spawn(&client, Kind::ALL[number % 4]))).await {
        let outcome = outcome.unwrap();
        assert_eq!(outcome.code(), Code::Unavailable, "{:?}", outcome.status);
    }
    assert_eq!(harness.flow.calls(), 1);
    tokio::time::sleep(AFTER_FIRST_PAUSE).await;

    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_hangs_is_ended_after_a_minute() {
    let harness = logging_in_first();
    harness.flow.then(Login::Hang);
    let client = harness.client();
    let started = tokio::time::Instant::now();
    let outcome = call(&client, Kind::Unary).await;

    assert_eq!(outcome.code(), Code::Unavailable, "{:?}", outcome.status);
    assert_eq!(started.elapsed().as_secs(), 60);
    assert_eq!(harness.flow.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_speaks_of_the_call_itself_does_not_come_from_a_login() {
    let mapped = [
        (Code::Ok, Code::Internal),
        (Code::InvalidArgument, Code::Internal),
        (Code::NotFound, Code::Internal),
        (Code::AlreadyExists, Code::Internal),
        (Code::FailedPrecondition, Code::Internal),
        (Code::Aborted, Code::Internal),
        (Code::OutOfRange, Code::Internal),
        (Code::DataLoss, Code::Internal),
        (Code::Unavailable, Code::Unavailable),
        (Code::DeadlineExceeded, Code::DeadlineExceeded),
        (Code::Unauthenticated, Code::Unauthenticated),
        (Code::PermissionDenied, Code::PermissionDenied),
        (Code::ResourceExhausted, Code::ResourceExhausted),
        (Code::Internal, Code::Internal),
        (Code::Unknown, Code::Unknown),
    ];
    for kind in Kind::ALL {
        for (brought, seen) in mapped {
            let harness = logging_in_first();
            harness.flow.then(Login::Fail(AuthError::from(Status::new(brought, "from the login's own service"))));
            let outcome = call_with(&harness.client(), kind, hurried()).await;

            assert_eq!(outcome.code(), seen, "{kind:?} {brought:?}");
            assert!(harness.peer.requests().is_empty(), "{kind:?} {brought:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_rejects_every_token_costs_a_few_logins_and_not_one_for_each_call() {
    for rejection in [transport::rejected as fn() -> _, transport::rejected_late as fn() -> _] {
        let harness = Harness::local(LocalTransport::new(move |_request| std::future::ready(rejection())));
        let client = harness.client();
        for number in 0..200 {
            let outcome = call(&client, Kind::ALL[number % 4]).await;
            assert_eq!(outcome.code(), Code::Unauthenticated, "{:?}", outcome.status);
        }
        assert!(harness.flow.calls() <= 4, "{} logins without any time passing", harness.flow.calls());
        let before = harness.flow.calls();
        for number in 0..600 {
            call(&client, Kind::ALL[number % 4]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }

        let logins = harness.flow.calls() - before;
        assert!((3..=20).contains(&logins), "{logins} further logins in ten minutes");
    }
}

/// A few calls in each second, for ten minutes.
#[tokio::test(start_paused = true)]
async fn a_server_that_rejects_each_first_attempt_and_accepts_each_replay_costs_a_login_for_each_pause() {
    let transport = LocalTransport::new(|request| {
        let replay = request.headers().contains_key("grpc-previous-rpc-attempts");
        std::future::ready(if replay { transport::message(&numbered(2)) } else { transport::rejected() })
    });
    let harness = Harness::local(transport);
    let client = harness.client();
    for number in 0..200 {
        call(&client, Kind::ALL[number % 4]).await;
    }
    let at_once = harness.flow.calls();
    assert!(at_once <= 6, "{at_once} logins without any time passing");
    for number in 0..2000 {
        call(&client, Kind::ALL[number % 4]).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let logins = harness.flow.calls() - at_once;
    assert!((5..=20).contains(&logins), "{logins} further logins in ten minutes");
}

/// As above, on streams.
#[tokio::test(start_paused = true)]
async fn a_server_that_rejects_behind_each_first_message_costs_a_login_for_each_pause() {
    let harness = Harness::local(LocalTransport::new(|_request| {
        std::future::ready(transport::rejected_behind_a_message(&numbered(2)))
    }));
    harness.authenticate_with(|builder| builder.login_first(true));
    let client = harness.client();
    for _ in 0..200 {
        call(&client, Kind::ServerStreaming).await;
        // The refresh for the next call.
        tokio::task::yield_now().await;
    }
    let at_once = harness.flow.calls();
    assert!(at_once <= 6, "{at_once} logins without any time passing");
    for _ in 0..2000 {
        call(&client, Kind::ServerStreaming).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let logins = harness.flow.calls() - at_once;
    assert!((5..=20).contains(&logins), "{logins} further logins in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn once_such_a_server_accepts_a_token_a_revocation_is_healed_at_once_again() {
    let harness = Harness::local_checking();
    for _ in 0..10 {
        harness.flow.then(Login::token(harness.secret()));
    }
    let client = harness.client();
    while call(&client, Kind::Unary).await.code() != Code::Ok {
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    for _ in 0..3 {
        harness.tokens().revoke_all();
        let before = harness.flow.calls();
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
        assert_eq!(harness.flow.calls(), before + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_method_that_is_never_let_in_does_not_keep_others_from_being_healed() {
    let tokens = Tokens::new();
    let transport = LocalTransport::new({
        let tokens = tokens.clone();
        move |request| {
            let closed = request.uri().path() == Kind::Unary.path();
            let admitted = !closed && tokens.admit(request.headers(), "authorization");
            std::future::ready(if admitted { transport::message(&()) } else { transport::rejected() })
        }
    });
    let harness = Harness::with_peer(tokens, transport);
    let client = harness.client();
    for _ in 0..20 {
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Unauthenticated);
    }
    assert!(harness.flow.calls() <= 4, "{} logins for calls that none of them helps", harness.flow.calls());
    for kind in &Kind::ALL[1..] {
        harness.tokens().revoke_all();
        let before = harness.flow.calls();
        assert_eq!(call(&client, *kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!(harness.flow.calls(), before + 1, "{kind:?}");
        // Which does not speak for the method that is closed.
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Unauthenticated);
        assert_eq!(harness.flow.calls(), before + 1, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_that_do_not_help_are_forgotten_when_one_does_though_another_method_is_not_called_again() {
    let harness = Harness::local_checking();
    let client = harness.client();
    let call_in_vain = async |kind| {
        harness.flow.then(Login::token(harness.secret()));
        assert_eq!(call(&client, kind).await.code(), Code::Unauthenticated, "{kind:?}");
    };
    call_in_vain(Kind::ServerStreaming).await;
    for _ in 0..5 {
        call_in_vain(Kind::Unary).await;
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
        harness.tokens().revoke_all();
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_has_but_one_token_is_not_asked_for_it_at_each_rejection() {
    let harness = Harness::local_checking();
    let token = harness.secret();
    for _ in 0..200 {
        harness.flow.then(Login::token(token.clone()));
    }
    let client = harness.client();
    for number in 0..200 {
        assert_eq!(call(&client, Kind::ALL[number % 4]).await.code(), Code::Unauthenticated);
    }
    assert!(harness.flow.calls() <= 4, "{} logins without any time passing", harness.flow.calls());
    harness.tokens().accept(&token);
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok, "the server has the last word");
}

#[tokio::test(start_paused = true)]
async fn beyond_so_many_methods_that_no_token_helps_no_other_is_told_apart() {
    let harness = Harness::local(LocalTransport::new(|_request| std::future::ready(transport::rejected())));
    harness.authenticate_with(|builder| builder.limits(Limits::new().with_breaker_methods(2)));
    let client = harness.client();
    for kind in &Kind::ALL[..3] {
        assert_eq!(call(&client, *kind).await.code(), Code::Unauthenticated, "{kind:?}");
    }
    assert_eq!(harness.flow.calls(), 3);
    assert_eq!(call(&client, Kind::ALL[3]).await.code(), Code::Unauthenticated);
    assert_eq!(harness.flow.calls(), 3, "it was not asked for a method that has not been called before");
}

#[tokio::test(start_paused = true)]
async fn after_a_success_the_pauses_start_anew() {
    let harness = logging_in_first();
    let client = harness.client();
    for _ in 0..3 {
        for _ in 0..6 {
            harness.flow.then(Login::transient("away"));
        }
        while call(&client, Kind::Unary).await.code() != Code::Ok {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        // A token that is rejected earlier would count as one that did not help.
        tokio::time::sleep(EARLY_REJECTION).await;
        harness.flow.then(Login::transient("away"));
        harness.tokens().revoke_all();
        assert_ne!(call_with(&client, Kind::Unary, hurried()).await.code(), Code::Ok);
        tokio::time::sleep(AFTER_FIRST_PAUSE).await;
        assert_eq!(call_with(&client, Kind::Unary, hurried()).await.code(), Code::Ok, "the first pause again");
        tokio::time::sleep(EARLY_REJECTION).await;
        harness.tokens().revoke_all();
    }
}

//! A call's own time-out bounds all of it: what a login takes is not added.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use auth_runtime::Credentials;
use futures_util::future::join_all;
use tests::{
    call::{Kind, Outcome, call, call_with, numbered, spawn, spawn_with},
    calls::Message,
    flow::Login,
    gate::Gate,
    harness::Harness,
    mock_body::MockBody,
    peer::{Answer, Ending},
    transport::{self, LocalTransport},
};
use tokio::time::Instant;
use tonic::{Code, Request};

fn timed(seconds: f64) -> Request<Message> {
    let mut request = Request::new(numbered(7));
    request.set_timeout(Duration::from_secs_f64(seconds));
    request
}

/// A login that takes so long.
fn takes(harness: &Harness<LocalTransport>, time: Duration) {
    let gate = harness.flow.hold();
    tokio::spawn(async move {
        gate.arrived(1).await;
        tokio::time::sleep(time).await;
        gate.open();
    });
}

/// The value of grpc-timeout, as PROTOCOL-HTTP2.md has it.
fn timeout(headers: &http::HeaderMap) -> Duration {
    let value = headers.get("grpc-timeout").expect("a call with a deadline says so").to_str().unwrap();
    let (digits, unit) = value.split_at(value.len() - 1);
    let count: u64 = digits.parse().unwrap();
    match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => panic!("{value} is no time-out"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_replay_carries_what_is_left_of_the_time() {
    for (kind, late) in Kind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let first = if late { transport::rejected_late() } else { transport::rejected() };
        let harness = Harness::local(LocalTransport::answering([first, transport::message(&numbered(2))]));
        takes(&harness, Duration::from_millis(700));
        let outcome = call_with(&harness.client(), kind, timed(1.0)).await;

        assert_eq!(outcome.numbers(), [2], "{kind:?}: {:?}", outcome.status);
        let requests = harness.peer.requests();
        assert_eq!(timeout(&requests[0].headers), Duration::from_secs(1), "{kind:?}");
        let left = timeout(&requests[1].headers);
        let expected = Duration::from_millis(290)..=Duration::from_millis(300);
        assert!(expected.contains(&left), "{kind:?}: {left:?} are left after a login of 700 ms");
    }
}

#[tokio::test(start_paused = true)]
async fn so_does_a_first_attempt_that_had_to_wait_for_a_login() {
    for kind in Kind::ALL {
        let harness = Harness::local(LocalTransport::answering([transport::message(&numbered(2))]));
        harness.authenticate_with(|builder| builder.login_first(true));
        takes(&harness, Duration::from_millis(700));
        assert_eq!(call_with(&harness.client(), kind, timed(1.0)).await.numbers(), [2], "{kind:?}");

        let left = timeout(&harness.peer.requests()[0].headers);
        let expected = Duration::from_millis(290)..=Duration::from_millis(300);
        assert!(expected.contains(&left), "{kind:?}: {left:?} are left after a login of 700 ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_within_the_login_ends_the_call_then_and_the_login_goes_on_for_others() {
    for (kind, late) in Kind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let first = if late { transport::rejected_late() } else { transport::rejected() };
        let harness = Harness::local(LocalTransport::answering([first, transport::message(&numbered(2))]));
        takes(&harness, Duration::from_secs(10));
        let client = harness.client();
        let started = Instant::now();
        let hasty = spawn_with(&client, kind, timed(1.0));
        harness.flow.started(1).await;
        let patient = spawn(&client, kind);
        let hasty = hasty.await.unwrap();

        assert_eq!(hasty.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", hasty.status);
        assert_eq!(started.elapsed().as_secs(), 1, "{kind:?}: the call ended after {:?}", started.elapsed());
        assert_eq!(patient.await.unwrap().numbers(), [2], "{kind:?}");
        assert_eq!((harness.flow.calls(), harness.flow.ended()), (1, 1), "{kind:?}");
        assert_eq!(harness.peer.requests().len(), 2, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_within_the_first_login_ends_the_call_before_anything_is_sent() {
    for kind in Kind::ALL {
        let harness = Harness::local(LocalTransport::answering([]));
        harness.authenticate_with(|builder| builder.login_first(true));
        harness.flow.then(Login::Hang);
        let started = Instant::now();
        let outcome = call_with(&harness.client(), kind, timed(1.0)).await;

        assert_eq!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
        assert_eq!(started.elapsed().as_secs(), 1, "{kind:?}");
        assert!(harness.peer.requests().is_empty(), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_within_the_second_attempt_ends_the_call() {
    for (kind, late) in Kind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let attempts = std::sync::atomic::AtomicUsize::new(0);
        let harness = Harness::local(LocalTransport::new(move |_request| {
            let first = attempts.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            async move {
                match (first, late) {
                    (true, true) => transport::rejected_late(),
                    (true, false) => transport::rejected(),
                    (false, _) => std::future::pending().await,
                }
            }
        }));
        takes(&harness, Duration::from_millis(700));
        let started = Instant::now();
        let outcome = call_with(&harness.client(), kind, timed(1.0)).await;

        assert_eq!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
        assert_eq!(started.elapsed().as_secs(), 1, "{kind:?}: the call ended after {:?}", started.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_up_is_not_sent_though_its_login_has_just_succeeded() {
    for (kind, login_first) in Kind::WITH_ONE_ANSWER.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let harness = Harness::local_checking();
        harness.authenticate_with(|builder| builder.login_first(login_first));
        let login = harness.flow.hold();
        let client = harness.client();
        let call = call_with(&client, kind, timed(1.0));
        tokio::pin!(call);
        assert!(futures_util::poll!(&mut call).is_pending());
        login.arrived(1).await;
        let sent = harness.peer.requests().len();
        login.open();
        harness.authenticator().login().await.unwrap();
        tokio::time::advance(Duration::from_secs(2)).await;
        let outcome = call.await;

        assert_eq!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
        assert_eq!(harness.peer.requests().len(), sent, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_has_begun_is_rejected_in_time_or_not_at_all() {
    let (open, handle) = MockBody::open();
    let harness = Harness::local(LocalTransport::answering([transport::response(open)]));
    harness.flow.then(Login::Hang);
    let started = Instant::now();
    let stream = harness.client().server_streaming(timed(1.0)).await;
    handle.status(Code::Unauthenticated).end();
    let outcome = Outcome::of_stream(stream).await;

    assert_eq!(outcome.code(), Code::DeadlineExceeded, "{:?}", outcome.status);
    assert_eq!(started.elapsed().as_secs(), 1);
}

#[tokio::test]
async fn over_a_real_channel_a_deadline_ends_the_call_although_the_login_never_does() {
    let calls = Kind::ALL.into_iter().flat_map(|kind| {
        [Answer::rejected(), Answer::rejected_late()].map(|rejection| async move {
            let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
            let forever = Gate::new();
            harness.flow.then(Login::Hang.held_at(&forever));
            // Real time: long enough for a rejection to come first on any machine.
            let outcome = call_with(&harness.client(), kind, timed(3.0)).await;

            assert_eq!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
            assert_eq!((harness.peer.requests().len(), harness.flow.running()), (1, 1), "{kind:?}");
        })
    });
    join_all(calls).await;
}

#[tokio::test]
async fn a_call_without_a_deadline_gets_none_from_a_replay() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected(), Answer::message(&numbered(2))]);
        call(&harness.client(), kind).await;

        assert!(harness.peer.requests().iter().all(|request| request.header("grpc-timeout").is_none()), "{kind:?}");
    }
}

#[tokio::test]
async fn a_call_that_need_not_wait_keeps_its_timeout_as_the_caller_set_it() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::message(&numbered(2)), Answer::message(&numbered(2))]);
        let plain = tests::calls::calls_client::CallsClient::new(tests::harness::Server::transport(&harness.peer));
        call_with(&plain, kind, timed(60.0)).await;
        call_with(&harness.client(), kind, timed(60.0)).await;

        let [theirs, ours] = [0, 1].map(|number| harness.peer.requests()[number].header("grpc-timeout"));
        assert_eq!(ours, theirs, "{kind:?}");
    }
}

#[tokio::test]
async fn a_timeout_of_the_channels_own_stays_what_tonic_calls_it() {
    let harness = Harness::answering([(); 4].map(|()| Answer::new().until_reset()));
    let endpoint = tonic::transport::Endpoint::from_shared(tests::harness::Server::endpoint(&harness.peer)).unwrap();
    let channel = endpoint.timeout(Duration::from_millis(50)).connect_lazy();
    let client =
        tests::calls::calls_client::AuthenticatedCallsClient::new(harness.authenticator().over(channel.clone()));
    let plain = tests::calls::calls_client::CallsClient::new(channel);
    for request in [|| Request::new(numbered(7)), || timed(3600.0)] {
        let theirs = call_with(&plain, Kind::Unary, request()).await;
        let ours = call_with(&client, Kind::Unary, request()).await;
        assert_eq!((theirs.code(), ours.code()), (Code::Cancelled, Code::Cancelled), "{:?}", ours.status);
    }
}

// === Until the last trailer, whoever notices ===

/// Sends so much of an answer, and then nothing for ever.
fn stands_still_after(sent: Answer) -> Answer {
    sent.until_reset()
}

#[tokio::test]
async fn a_server_that_stands_still_is_not_waited_for_beyond_the_deadline() {
    let begun = || Answer::new().headers();
    for kind in Kind::ALL {
        for answer in [Answer::new(), begun(), begun().and_message(&numbered(1))] {
            let harness = Harness::answering([stands_still_after(answer)]);
            let client = harness.client();
            let outcome = call_with(&client, kind, timed(0.2)).await;

            assert_eq!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
            assert_eq!(harness.peer.requests()[0].given_up().await, Ending::Reset(h2::Reason::CANCEL), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn so_it_is_for_methods_without_credentials_and_behind_a_replay() {
    let harness = Harness::answering([stands_still_after(Answer::new())]);
    let mut request = Request::new(numbered(7));
    request.set_timeout(Duration::from_millis(200));
    assert_eq!(harness.client().open(request).await.unwrap_err().code(), Code::DeadlineExceeded);

    for kind in Kind::ALL {
        for rejection in [Answer::rejected(), Answer::rejected_late()] {
            let harness = Harness::answering([rejection, stands_still_after(Answer::new().headers())]);
            let outcome = call_with(&harness.client(), kind, timed(0.5)).await;
            assert_eq!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
        }
    }
}

/// A server counts the time as well, and its reset may come before our own timer fires.
#[tokio::test(start_paused = true)]
async fn a_call_that_the_server_resets_when_its_time_is_up_is_not_cancelled_by_anybody() {
    for kind in Kind::ALL {
        let reset = || std::io::Error::other("the stream was reset");
        let (body, handle) = MockBody::open();
        let harness = Harness::local(LocalTransport::answering([transport::response(body)]));
        let client = harness.client();
        let call = call_with(&client, kind, timed(1.0));
        tokio::pin!(call);
        assert!(futures_util::poll!(&mut call).is_pending(), "{kind:?}");
        // Without giving a timer the chance to fire first.
        handle.error(reset());
        tokio::time::advance(Duration::from_secs(2)).await;
        let outcome = call.await;
        assert_eq!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_in_time_fails_as_it_does() {
    for kind in Kind::ALL {
        let body = MockBody::ended(|body| {
            body.error(std::io::Error::other("the stream was reset"));
        });
        let harness = Harness::local(LocalTransport::answering([transport::response(body)]));
        let outcome = call_with(&harness.client(), kind, timed(1.0)).await;
        assert_ne!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
    }
}

// === Calls that bring no deadline ===

#[tokio::test(start_paused = true)]
async fn a_call_that_brings_no_deadline_has_the_authenticators() {
    for kind in Kind::ALL {
        let harness = Harness::local(LocalTransport::answering([]));
        harness.authenticate_with(|builder| builder.login_first(true).call_timeout(Duration::from_secs(5)));
        harness.flow.then(Login::Hang);
        let started = Instant::now();
        let outcome = call(&harness.client(), kind).await;
        assert_eq!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
        assert_eq!(started.elapsed().as_secs(), 5, "{kind:?}");

        // The caller's own wins.
        let harness = Harness::local(LocalTransport::answering([]));
        harness.authenticate_with(|builder| builder.login_first(true).call_timeout(Duration::from_secs(5)));
        harness.flow.then(Login::Hang);
        let started = Instant::now();
        call_with(&harness.client(), kind, timed(1.0)).await;
        assert_eq!(started.elapsed().as_secs(), 1, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_is_told_of_a_whole_calls_timeout_and_not_of_a_streams_first_response() {
    for kind in Kind::ALL {
        let harness = Harness::local(LocalTransport::answering([transport::message(&numbered(2))]));
        harness.authenticate_with(|builder| {
            builder.credentials(Credentials::new(harness.stale_token())).call_timeout(Duration::from_secs(5))
        });
        assert_eq!(call(&harness.client(), kind).await.numbers(), [2], "{kind:?}");
        let told = harness.peer.requests()[0].headers.contains_key("grpc-timeout");
        assert_eq!(told, Kind::WITH_ONE_ANSWER.contains(&kind), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_take_longer_than_a_call_but_not_than_a_stream() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let (open, handle) = MockBody::open();
        handle.message(&numbered(1));
        let harness = Harness::local(LocalTransport::answering([transport::response(open)]));
        harness.authenticate_with(|builder| {
            let builder = builder.credentials(Credentials::new(harness.stale_token()));
            builder.call_timeout(Duration::from_secs(5)).stream_timeout(Duration::from_secs(60))
        });
        let started = Instant::now();
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.numbers(), [1], "{kind:?}");
        assert_eq!(outcome.code(), Code::DeadlineExceeded, "{kind:?}: {:?}", outcome.status);
        assert_eq!(started.elapsed().as_secs(), 60, "{kind:?}");
        assert!(harness.peer.requests()[0].headers.contains_key("grpc-timeout"), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_rejected_later_than_its_head_had_to_come_is_replayed_all_the_same() {
    let (open, handle) = MockBody::open();
    let answers = [transport::response(open), transport::message(&numbered(2))];
    let harness = Harness::local(LocalTransport::answering(answers));
    harness.authenticate_with(|builder| {
        let builder = builder.credentials(Credentials::new(harness.stale_token()));
        builder.call_timeout(Duration::from_secs(5))
    });
    let stream = harness.client().server_streaming(numbered(7)).await;
    tokio::time::advance(Duration::from_secs(60)).await;
    handle.status(Code::Unauthenticated).end();
    let outcome = Outcome::of_stream(stream).await;

    assert_eq!(outcome.numbers(), [2], "{:?}", outcome.status);
}

//! Whoever gives up a call stops that call, and nothing that others wait for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::Credentials;
use futures_util::{StreamExt as _, stream};
use tests::{
    call::{Kind, Outcome, call, call_with, numbered, spawn, spawn_with},
    calls::Message,
    flow::Login,
    gate::Gate,
    harness::Harness,
    peer::{Answer, Ending, PeerOptions, Tokens},
    poll_then_drop::{drop_at_every_poll, poll_then_drop},
    transport::{self, LocalTransport},
};
use tonic::{Code, Request};

/// More polls than any of these futures takes.
const POLLS: usize = 1000;

fn local(first: fn() -> http::Response<tests::mock_body::MockBody>) -> Harness<LocalTransport> {
    let tokens = Tokens::new();
    let transport = LocalTransport::new({
        let tokens = tokens.clone();
        move |request| {
            let admitted = tokens.admit(request.headers(), "authorization");
            async move { if admitted { transport::message(&numbered(2)) } else { first() } }
        }
    });
    Harness::with_peer(tokens, transport)
}

#[tokio::test]
async fn a_call_dropped_at_any_point_leaves_the_refresh_to_the_others() {
    for (kind, first) in Kind::ALL
        .into_iter()
        .flat_map(|kind| [(kind, transport::rejected as fn() -> _), (kind, transport::rejected_late as fn() -> _)])
    {
        for polls in 0.. {
            let harness = local(first);
            let client = harness.client();
            let ended = poll_then_drop(call(&client, kind), polls).await.is_some();
            let other = call(&client, kind).await;

            assert_eq!(other.numbers(), [2], "{kind:?} dropped after {polls} polls: {:?}", other.status);
            assert_eq!((harness.flow.calls(), harness.flow.ended()), (1, 1), "{kind:?} {polls}");
            assert_eq!(harness.flow.running(), 0, "{kind:?} {polls}");
            if ended {
                assert!(polls > 1, "{kind:?}: nothing was dropped half way");
                break;
            }
            assert!(polls < POLLS, "{kind:?}: the call never ends");
        }
    }
}

#[tokio::test]
async fn a_login_dropped_by_all_who_waited_for_it_is_kept_for_the_next_call() {
    for (kind, rejection) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Answer::rejected()), (kind, Answer::rejected_late())])
    {
        let harness = Harness::checking(rejection, Answer::message(&numbered(2)));
        let login = harness.flow.hold();
        let client = harness.client();
        let waiting: Vec<_> = (0..5).map(|_| spawn(&client, kind)).collect();
        login.arrived(1).await;
        for waiting in waiting {
            waiting.abort();
            assert!(waiting.await.unwrap_err().is_cancelled());
        }
        assert_eq!(harness.flow.running(), 1, "{kind:?}: the login went on");
        login.open();

        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!((harness.flow.calls(), harness.flow.ended()), (1, 1), "{kind:?}");
        assert_eq!(harness.tokens_seen().last().unwrap(), &harness.issued().pop(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_dropped_call_makes_no_second_attempt() {
    for (kind, rejection) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Answer::rejected()), (kind, Answer::rejected_late())])
    {
        let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
        let login = harness.flow.hold();
        let client = harness.client();
        let dropped = spawn(&client, kind);
        login.arrived(1).await;
        dropped.abort();
        assert!(dropped.await.unwrap_err().is_cancelled());
        login.open();

        // The peer's second answer would have gone to the second attempt, had there been one.
        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(harness.peer.requests().len(), 2, "{kind:?}");
        assert_eq!(harness.peer.requests()[1].previous_attempts(), None, "{kind:?}");
    }
}

#[tokio::test]
async fn a_call_cancelled_by_its_handle_during_the_refresh_makes_no_second_attempt() {
    for (kind, rejection) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Answer::rejected()), (kind, Answer::rejected_late())])
    {
        let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
        let login = harness.flow.hold();
        let client = harness.client();
        let mut request = Request::new(numbered(7));
        let handle = request.cancellation_handle();
        let cancelled = spawn_with(&client, kind, request);
        login.arrived(1).await;
        handle.cancel();
        let outcome = cancelled.await.unwrap();
        login.open();

        assert_eq!(outcome.code(), Code::Cancelled, "{kind:?}: {:?}", outcome.status);
        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(harness.peer.requests().len(), 2, "{kind:?}: the cancelled call was sent again");
        assert_eq!((harness.flow.calls(), harness.flow.ended()), (1, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_call_cancelled_by_its_handle_before_its_login_is_never_sent() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::message(&numbered(2))]);
        harness.authenticate_with(|builder| builder.login_first(true));
        let login = harness.flow.hold();
        let mut request = Request::new(numbered(7));
        let handle = request.cancellation_handle();
        let cancelled = spawn_with(&harness.client(), kind, request);
        login.arrived(1).await;
        handle.cancel();
        let outcome = cancelled.await.unwrap();
        login.open();

        assert_eq!(outcome.code(), Code::Cancelled, "{kind:?}: {:?}", outcome.status);
        assert!(harness.peer.requests().is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_handle_fired_while_a_stream_stands_at_its_bound_ends_the_call_once_the_login_does() {
    // What would tell of the cancellation is behind messages that nobody may take yet.
    let harness = Harness::answering([Answer::message(&numbered(2))]);
    harness.authenticate_with(|builder| builder.login_first(true));
    let login = harness.flow.hold();
    let client = harness.client();
    let kept_alive = client.clone();
    let messages = stream::iter((0..10).map(|number| Message { number, payload: vec![0; 700], ..Message::default() }));
    // One after the other, so that each is a frame of its own.
    let messages = messages.then(|message| async {
        tokio::task::yield_now().await;
        message
    });
    let mut request = Request::new(messages.chain(stream::pending()));
    let handle = request.cancellation_handle();
    let cancelled = tokio::spawn(async move { client.small_bound(request).await });
    login.arrived(1).await;
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    handle.cancel();
    login.open();
    let status = cancelled.await.unwrap().unwrap_err();

    assert_eq!(status.code(), Code::Cancelled, "{status:?}");
    for request in harness.peer.requests() {
        assert_ne!(request.ended().await, Ending::Complete);
    }
    drop(kept_alive);
}

#[tokio::test]
async fn a_handle_cancels_a_message_that_is_still_on_its_way() {
    // Nothing of the body can be sent, neither in the first attempt nor in the second.
    for (kind, replayed) in
        [(Kind::Unary, false), (Kind::Unary, true), (Kind::ServerStreaming, false), (Kind::ServerStreaming, true)]
    {
        let harness = Harness::scripted_with(PeerOptions::default().initial_window(0), move |exchange| {
            let first = exchange.record().previous_attempts().is_none();
            let reject = replayed && first;
            exchange.run(if reject { Answer::rejected() } else { Answer::new().until_reset() })
        });
        let mut request = Request::new(numbered(7));
        let handle = request.cancellation_handle();
        let cancelled = spawn_with(&harness.client(), kind, request);
        harness.peer.request(usize::from(replayed)).await;
        handle.cancel();
        let outcome = cancelled.await.unwrap();

        assert_eq!(outcome.code(), Code::Cancelled, "{kind:?} replayed: {replayed}: {:?}", outcome.status);
    }
}

#[tokio::test]
async fn a_handle_cancels_a_stream_of_requests_that_is_still_open() {
    for replayed in [false, true] {
        let reading = Answer::new().read_all().until_reset();
        let answers = if replayed { vec![Answer::rejected(), reading] } else { vec![reading] };
        let harness = Harness::answering(answers);
        let client = harness.client();
        let mut request = Request::new(stream::once(async { numbered(7) }).chain(stream::pending()));
        let handle = request.cancellation_handle();
        let cancelled = tokio::spawn({
            let client = client.clone();
            async move { client.client_streaming(request).await }
        });
        let attempt = harness.peer.request(usize::from(replayed)).await;
        attempt.received(1).await;
        handle.cancel();

        assert_eq!(cancelled.await.unwrap().unwrap_err().code(), Code::Cancelled, "replayed: {replayed}");
        assert_eq!(attempt.ended().await, Ending::Reset(h2::Reason::CANCEL), "replayed: {replayed}");
    }
}

#[tokio::test]
async fn dropping_a_call_resets_the_attempt_that_is_under_way() {
    for kind in Kind::ALL {
        let hanging = Answer::new().read_all().until_reset();
        let harness = Harness::answering([Answer::rejected(), hanging]);
        // Kept until the end: a channel whose last handle is dropped may go without resetting its streams.
        let client = harness.client();
        let dropped = spawn(&client, kind);
        let second = harness.peer.request(1).await;
        second.ended().await;
        dropped.abort();

        assert_eq!(second.given_up().await, Ending::Reset(h2::Reason::CANCEL), "{kind:?}");
    }
}

#[tokio::test]
async fn dropping_a_stream_resets_the_attempt_that_it_was_spliced_with() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let endless = Answer::new().read_all().headers().and_message(&numbered(1)).until_reset();
        let harness = Harness::answering([Answer::rejected_late(), endless]);
        let client = harness.client();
        let stream = match kind {
            Kind::ServerStreaming => client.server_streaming(numbered(7)).await,
            _ => client.bidi_streaming(stream::iter([numbered(7)])).await,
        };
        let mut stream = stream.unwrap().into_inner();
        assert_eq!(stream.message().await.unwrap(), Some(numbered(1)), "{kind:?}");
        drop(stream);

        let second = harness.peer.request(1).await;
        assert_eq!(second.given_up().await, Ending::Reset(h2::Reason::CANCEL), "{kind:?}");
    }
}

#[tokio::test]
async fn a_refresh_by_hand_dropped_at_any_point_is_neither_lost_nor_repeated() {
    let harness = local(transport::rejected);
    let authenticator = harness.authenticate_with(|builder| builder.login_first(true));
    let gate = Gate::new();
    let mut started = 0;
    let credentials = drop_at_every_poll(
        POLLS,
        || {
            started += 1;
            harness.flow.then(Login::Issue(Credentials::new(harness.valid_token())).held_at(&gate));
            if started > 3 {
                gate.open();
            }
            let authenticator = authenticator.clone();
            async move { authenticator.refresh_credentials().await.unwrap() }
        },
        |_polls| async { assert!(harness.flow.calls() <= 1, "a second login was started beside the first") },
    )
    .await;

    assert_eq!(harness.flow.calls(), 1);
    tests::canary::observe(&credentials);
    assert_eq!(call(&harness.client(), Kind::Unary).await.numbers(), [2]);
    assert_eq!(harness.flow.calls(), 1);
}

#[tokio::test]
async fn login_and_metadata_dropped_at_any_point_leave_the_login_to_the_next_caller() {
    for polls in 0..5 {
        let harness = local(transport::rejected);
        let authenticator = harness.authenticate_with(|builder| builder.login_first(true));
        let login = harness.flow.hold();
        assert!(poll_then_drop(authenticator.login(), polls).await.is_none());
        assert!(poll_then_drop(authenticator.fetch_grpc_call_auth_metadata(), polls).await.is_none());
        login.open();
        let (key, value) = authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();

        assert_eq!(key, "authorization");
        assert_eq!(value.to_str().unwrap(), format!("Bearer {}", harness.issued()[0]));
        assert_eq!((harness.flow.calls(), harness.flow.ended()), (1, 1), "{polls}");
    }
}

#[tokio::test]
async fn a_stream_dropped_during_the_refresh_is_not_sent_again() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let harness = Harness::answering([Answer::rejected_late(), Answer::message(&numbered(2))]);
        let login = harness.flow.hold();
        let client = harness.client();
        let stream = match kind {
            Kind::ServerStreaming => client.server_streaming(numbered(7)).await,
            _ => client.bidi_streaming(stream::iter([numbered(7)])).await,
        };
        let mut stream = stream.unwrap().into_inner();
        let reading = tokio::spawn(async move { stream.message().await.map(drop) });
        login.arrived(1).await;
        reading.abort();
        assert!(reading.await.unwrap_err().is_cancelled());
        login.open();

        let next: Outcome = call_with(&client, kind, Request::new(Message::default())).await;
        assert_eq!(next.numbers(), [2], "{kind:?}");
        assert_eq!(harness.peer.requests().len(), 2, "{kind:?}");
    }
}

//! UNAUTHENTICATED in the trailers, behind headers and without any message: what a Flyte server sends over TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{error::Error as _, time::Duration};

use auth_runtime::AuthError;
use futures_util::stream;
use tests::{
    call::{Kind, Outcome, call, numbered},
    calls::Message,
    flow::Login,
    gate::Gate,
    harness::Harness,
    mock_body::MockBody,
    peer::Answer,
    transport::{self, LocalTransport},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request};

fn rejected_late() -> Answer {
    Answer::new().headers_with(&[("answer", "first")]).status_with(Code::Unauthenticated, "the token is not valid")
}

fn accepted() -> Answer {
    let answer = Answer::new().read_all().headers_with(&[("answer", "second")]);
    answer.and_message(&numbered(2)).trailers(&[("grpc-status", "0"), ("checksum", "2")])
}

#[tokio::test]
async fn a_call_with_one_response_gets_the_second_response_whole() {
    for kind in Kind::WITH_ONE_ANSWER {
        let harness = Harness::answering([rejected_late(), accepted()]);
        let outcome = call(&harness.client(), kind).await;

        assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![2]), "{kind:?}");
        assert_eq!(outcome.metadata("answer"), Some("second"), "{kind:?}");
        assert_eq!(outcome.metadata("checksum"), Some("2"), "{kind:?}");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
        assert_eq!(harness.tokens_seen(), [Some(harness.stale_token().to_owned()), harness.issued().pop()], "{kind:?}");
        assert_eq!(harness.peer.requests()[1].previous_attempts().as_deref(), Some("1"), "{kind:?}");
        assert_eq!(harness.peer.requests()[1].messages::<Message>(), [numbered(7)], "{kind:?}");
    }
}

#[tokio::test]
async fn a_stream_continues_with_the_second_responses_messages_behind_the_first_responses_metadata() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let second = Answer::new().read_all().headers_with(&[("answer", "second")]);
        let second = second.and_message(&numbered(1)).and_message(&numbered(2)).and_message(&numbered(3));
        let second = second.trailers(&[("grpc-status", "0"), ("checksum", "6")]);
        let harness = Harness::answering([rejected_late(), second]);
        let outcome = call(&harness.client(), kind).await;

        assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![1, 2, 3]), "{kind:?}");
        assert_eq!(outcome.metadata("answer"), Some("first"), "{kind:?}");
        assert_eq!(outcome.trailers.unwrap().get("checksum").unwrap(), "6", "{kind:?}");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
        assert_eq!(harness.tokens_seen(), [Some(harness.stale_token().to_owned()), harness.issued().pop()], "{kind:?}");
        assert_eq!(harness.peer.requests()[1].previous_attempts().as_deref(), Some("1"), "{kind:?}");
        assert_eq!(harness.peer.requests()[1].messages::<Message>(), [numbered(7)], "{kind:?}");
    }
}

#[tokio::test]
async fn a_layer_over_tonics_own_client_goes_on_within_the_response_for_every_kind() {
    for kind in Kind::ALL {
        let harness = Harness::answering([rejected_late(), accepted()]);
        let outcome = call(&harness.layered_client(), kind).await;

        assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![2]), "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_stream_is_returned_before_anything_of_its_body_has_come() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let gate = Gate::new();
        let first = Answer::new().headers().pass(&gate).status(Code::Unauthenticated);
        let harness = Harness::answering([first, accepted()]);
        let client = harness.client();
        // Returned while the first answer is still held at the gate.
        let stream = match kind {
            Kind::ServerStreaming => client.server_streaming(numbered(7)).await,
            _ => client.bidi_streaming(stream::iter([numbered(7)])).await,
        };
        gate.open();

        assert_eq!(Outcome::of_stream(stream).await.numbers(), [2], "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_silent_for_an_hour_is_still_replayed_when_it_is_rejected_then() {
    let (silent, handle) = MockBody::open();
    let answers = [transport::response(silent), transport::message(&numbered(2))];
    let harness = Harness::local(LocalTransport::answering(answers));
    let mut stream = harness.client().server_streaming(numbered(7)).await.unwrap().into_inner();
    let waiting = tokio::spawn(async move { stream.message().await });
    tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    handle.status(Code::Unauthenticated).end();

    assert_eq!(waiting.await.unwrap().unwrap(), Some(numbered(2)));
    assert_eq!(harness.tokens_seen(), [Some(harness.stale_token().to_owned()), harness.issued().pop()]);
}

#[tokio::test]
async fn a_server_that_responds_only_to_a_second_message_is_not_waited_for() {
    let echo = Answer::new().read(1).headers().and_message(&numbered(1)).read(2).and_message(&numbered(2));
    let late_headers = Answer::new().read(2).headers().and_message(&numbered(3)).read_all().status(Code::Ok);
    let harness = Harness::answering([echo.read_all().status(Code::Ok), late_headers]);
    let client = harness.client();

    let (sender, receiver) = mpsc::channel(4);
    sender.send(numbered(1)).await.unwrap();
    let mut stream = client.bidi_streaming(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap(), Some(numbered(1)));
    sender.send(numbered(2)).await.unwrap();
    assert_eq!(stream.message().await.unwrap(), Some(numbered(2)));
    drop(sender);
    assert_eq!(stream.message().await.unwrap(), None);

    // Here even the headers wait for the second message.
    let (sender, receiver) = mpsc::channel(4);
    let calling = tokio::spawn(async move { client.bidi_streaming(Request::new(ReceiverStream::new(receiver))).await });
    sender.send(numbered(1)).await.unwrap();
    harness.peer.request(1).await.received(1).await;
    sender.send(numbered(2)).await.unwrap();
    let mut stream = calling.await.unwrap().unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap(), Some(numbered(3)));
    drop(sender);
    assert_eq!(stream.message().await.unwrap(), None);
}

#[tokio::test]
async fn a_second_late_rejection_is_final() {
    for kind in Kind::ALL {
        let second = Answer::new().headers().trailers(&[
            ("grpc-status", "16"),
            ("grpc-message", "the second answer"),
            ("x-region", "north"),
        ]);
        let harness = Harness::answering([rejected_late(), second]);
        let outcome = call(&harness.client(), kind).await;

        let status = outcome.status();
        assert_eq!(status.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!(
            status.message(),
            "new credentials were got and are rejected as well: check their audience and scopes; the server says: the second answer",
            "{kind:?}"
        );
        assert_eq!(status.metadata().get("x-region").unwrap(), "north", "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_login_that_fails_leaves_the_servers_own_code_with_the_reason_in_front_of_its_words() {
    for kind in Kind::ALL {
        let harness = Harness::answering([rejected_late()]);
        harness.flow.then(Login::permanent("the secret was rotated"));
        let outcome = call(&harness.client(), kind).await;

        let status = outcome.status();
        assert_eq!(status.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!(status.message(), "the secret was rotated; the server says: the token is not valid", "{kind:?}");
        if Kind::WITH_ONE_ANSWER.contains(&kind) {
            let source = status.source().and_then(|source| source.downcast_ref::<AuthError>());
            assert!(source.is_some(), "{kind:?}: {status:?}");
        }
        assert_eq!(harness.peer.requests().len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_token_that_a_refresh_does_not_change_is_not_sent_twice() {
    for kind in Kind::ALL {
        let harness = Harness::answering([rejected_late()]);
        harness.flow.then(Login::token(harness.stale_token()));
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.status().message(), "the token is not valid", "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn an_encoding_that_tonic_refuses_ends_a_response_before_its_trailers_are_read_unless_the_call_has_one_response()
{
    let rejected = || Answer::new().headers_with(&[("grpc-encoding", "gzit")]).status(Code::Unauthenticated);
    for kind in Kind::ALL {
        let harness = Harness::answering([rejected(), accepted()]);
        let outcome = call(&harness.client(), kind).await;

        let expected = match kind {
            Kind::Unary | Kind::ClientStreaming => (Code::Ok, 2, 1),
            Kind::ServerStreaming | Kind::BidiStreaming => (Code::Unimplemented, 1, 0),
        };
        assert_eq!((outcome.code(), harness.peer.requests().len(), harness.flow.calls()), expected, "{kind:?}");

        let harness = Harness::answering([rejected(), accepted()]);
        let outcome = call(&harness.layered_client(), kind).await;
        assert_eq!((outcome.code(), harness.peer.requests().len()), (Code::Unimplemented, 1), "{kind:?}, layered");
    }
}

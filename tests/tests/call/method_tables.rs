//! What the build script says of a method holds for every client over the channel, not for the authenticated one alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::AuthenticatedChannel;
use bytes::Bytes;
use http_body_util::StreamBody;
use tests::{
    call::{Kind, Outcome, call, numbered},
    calls::{
        Message,
        calls_client::{AuthenticatedCallsClient, CALLS_METHODS, CallsClient},
        public_client::{PUBLIC_METHODS, PublicClient},
    },
    harness::{Harness, Server as _},
    peer::Answer,
};
use tokio_stream::iter;
use tonic::{Code, body::Body, transport::Channel};
use tower::{Service as _, ServiceExt as _};

/// Each way in which a plain client comes to be held to the table of its service.
const WAYS: [fn(&AuthenticatedChannel) -> CallsClient<AuthenticatedChannel>; 4] = [
    |channel| {
        let _authenticated = AuthenticatedCallsClient::new(channel.clone());
        CallsClient::new(channel.clone())
    },
    |channel| {
        let plain = CallsClient::new(channel.clone());
        // Only now, and it is gone at once: the table stays.
        drop(AuthenticatedCallsClient::new(channel.clone()));
        plain
    },
    |channel| CallsClient::new(channel.clone().methods(&CALLS_METHODS)),
    |channel| {
        let plain = CallsClient::new(channel.clone());
        let _other = channel.clone().methods(&PUBLIC_METHODS).methods(&CALLS_METHODS).methods(&CALLS_METHODS);
        plain
    },
];

fn channel(harness: &Harness) -> AuthenticatedChannel<Channel> {
    harness.authenticator().over(harness.peer.transport())
}

#[tokio::test]
async fn a_plain_client_does_not_send_twice_what_is_never_sent_twice() {
    for way in WAYS {
        for rejection in [Answer::rejected(), Answer::rejected_late()] {
            let harness = Harness::answering([rejection.clone(), rejection.clone(), Answer::message(&numbered(2))]);
            let mut plain = way(&channel(&harness));
            let status = plain.once(numbered(7)).await.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated);
            let stream = plain.once_streaming(iter([numbered(7)])).await;
            assert_eq!(Outcome::of_stream(stream).await.code(), Code::Unauthenticated);
            assert_eq!(harness.peer.requests().len(), 2, "one attempt each");
            assert!(harness.peer.requests().iter().all(|request| request.bearer().is_some()));
        }
    }
}

#[tokio::test]
async fn a_plain_client_sends_no_header_to_a_public_method() {
    for way in WAYS {
        let harness = Harness::answering([Answer::message(&numbered(2)), Answer::rejected()]);
        let mut plain = way(&channel(&harness));
        assert_eq!(plain.open(numbered(1)).await.unwrap().into_inner(), numbered(2));
        // Its rejection is no reason for a login either.
        assert_eq!(plain.open(numbered(1)).await.unwrap_err().code(), Code::Unauthenticated);
        assert_eq!(harness.tokens_seen(), [None, None]);
        assert_eq!(harness.flow.calls(), 0);
    }
}

#[tokio::test]
async fn nor_does_a_plain_client_of_a_public_service() {
    let harness = Harness::answering([Answer::message(&numbered(2))]);
    let mut plain = PublicClient::new(channel(&harness).methods(&PUBLIC_METHODS));
    assert_eq!(plain.get(numbered(1)).await.unwrap().into_inner(), numbered(2));
    assert_eq!(harness.tokens_seen(), [None]);
}

#[tokio::test]
async fn a_plain_client_holds_as_much_of_a_stream_as_the_method_says() {
    let messages = || iter([1, 2].map(|number| Message { number, payload: vec![0; 700], ..Message::default() }));
    for way in WAYS {
        let rejected = || Answer::new().read(2).and_then(Answer::rejected());
        let harness = Harness::answering([rejected(), rejected(), Answer::message(&numbered(2))]);
        let mut plain = way(&channel(&harness));
        assert_eq!(plain.small_bound(messages()).await.unwrap_err().code(), Code::Unauthenticated);
        assert_eq!(harness.peer.requests().len(), 1);
        // Another method holds more.
        assert_eq!(plain.client_streaming(messages()).await.unwrap().into_inner(), numbered(2));
    }
}

#[tokio::test]
async fn the_kind_of_a_plain_clients_call_is_known() {
    for way in WAYS {
        for kind in Kind::WITH_ONE_ANSWER {
            let first = Answer::new().read_all().headers_with(&[("answer", "first")]).status(Code::Unauthenticated);
            let second = Answer::new().read_all().headers_with(&[("answer", "second")]);
            let second = second.and_message(&numbered(2)).status(Code::Ok);
            let harness = Harness::answering([first, second]);
            let outcome = call(&way(&channel(&harness)), kind).await;
            // Of a client whose methods are not known the first answer's metadata would be the call's.
            assert_eq!(outcome.metadata("answer"), Some("second"), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn without_a_table_calls_carry_credentials_and_are_sent_again() {
    let harness =
        Harness::answering([Answer::rejected(), Answer::message(&numbered(2)), Answer::message(&numbered(3))]);
    let mut plain = CallsClient::new(channel(&harness));
    assert_eq!(plain.once(numbered(7)).await.unwrap().into_inner(), numbered(2));
    assert_eq!(plain.open(numbered(7)).await.unwrap().into_inner(), numbered(3));
    assert!(harness.peer.requests().iter().all(|request| request.bearer().is_some()));
}

#[tokio::test]
async fn a_channel_that_is_not_a_clone_knows_nothing_of_the_table() {
    let harness = Harness::answering([Answer::rejected(), Answer::message(&numbered(2))]);
    let _authenticated = AuthenticatedCallsClient::new(channel(&harness));
    let mut plain = CallsClient::new(channel(&harness));
    assert_eq!(plain.once(numbered(7)).await.unwrap().into_inner(), numbered(2));
}

/// Bytes that somebody passes on, as they came: a message in two frames, to a method that takes one message.
fn in_two_frames() -> http::Request<Body> {
    let message = tests::message::frame(&numbered(7));
    let (first, second) = (message.slice(..3), message.slice(3..));
    let frame = |bytes: Bytes| Ok::<_, tonic::Status>(http_body::Frame::data(bytes));
    let body = Body::new(StreamBody::new(iter([frame(first), frame(second)])));
    http::Request::post("/tests.v1.Calls/Unary").header("content-type", "application/grpc").body(body).unwrap()
}

#[tokio::test]
async fn a_body_that_is_not_tonics_is_sent_whole_whatever_its_method_takes() {
    let harness =
        Harness::answering([Answer::new().read_all().and_then(Answer::rejected()), Answer::message(&numbered(2))]);
    let mut channel = channel(&harness).methods(&CALLS_METHODS);
    let response = channel.ready().await.unwrap().call(in_two_frames()).await.unwrap();
    assert_eq!(response.status(), 200);
    let requests = harness.peer.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(request.messages::<Message>(), [numbered(7)]);
    }
}

//! A call that has delivered a message is never sent again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{pin::Pin, task::Poll};

use http_body::Body as _;
use tests::{
    call::{Kind, call, numbered},
    gate::Gate,
    harness::Harness,
    mock_body::MockBody,
    peer::Answer,
    transport::{self, LocalTransport},
};
use tokio_stream::StreamExt as _;
use tonic::Code;

#[tokio::test]
async fn a_rejection_behind_a_message_goes_to_the_caller_and_the_next_call_has_a_new_token() {
    for kind in Kind::ALL {
        let cut_off = Answer::new().read_all().headers().and_message(&numbered(1)).and_message(&numbered(2));
        let cut_off = cut_off.status_with(Code::Unauthenticated, "the token expired on the way");
        let harness = Harness::answering([cut_off, Answer::message(&numbered(3))]);
        let client = harness.client();
        let first = call(&client, kind).await;

        assert_eq!(first.code(), Code::Unauthenticated, "{kind:?}");
        if Kind::WITH_STREAMED_ANSWER.contains(&kind) {
            assert_eq!(first.numbers(), [1, 2], "{kind:?}");
            assert_eq!(first.status().message(), "the token expired on the way", "{kind:?}");
        }
        assert_eq!(harness.peer.requests().len(), 1, "{kind:?}");

        assert_eq!(call(&client, kind).await.numbers(), [3], "{kind:?}");
        assert_eq!(harness.tokens_seen(), [Some(harness.stale_token().to_owned()), harness.issued().pop()], "{kind:?}");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
        assert_eq!(harness.peer.requests()[1].previous_attempts(), None, "{kind:?}");
    }
}

#[tokio::test]
async fn a_layer_over_tonics_own_client_does_not_replay_either() {
    for kind in Kind::ALL {
        let cut_off = Answer::new().read_all().headers().and_message(&numbered(1)).status(Code::Unauthenticated);
        let harness = Harness::answering([cut_off, Answer::message(&numbered(3))]);
        let client = harness.layered_client();

        assert_eq!(call(&client, kind).await.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!(harness.peer.requests().len(), 1, "{kind:?}");
        assert_eq!(call(&client, kind).await.numbers(), [3], "{kind:?}");
        assert_eq!(harness.tokens_seen(), [Some(harness.stale_token().to_owned()), harness.issued().pop()], "{kind:?}");
    }
}

#[tokio::test]
async fn a_message_is_delivered_before_the_next_has_come() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let gate = Gate::new();
        let answer = Answer::new().read_all().headers().and_message(&numbered(1)).pass(&gate);
        let harness = Harness::answering([answer.and_message(&numbered(2)).status(Code::Ok)]);
        let client = harness.client();
        let stream = match kind {
            Kind::ServerStreaming => client.server_streaming(numbered(7)).await,
            _ => client.bidi_streaming(tokio_stream::iter([numbered(7)])).await,
        };
        let mut stream = stream.unwrap().into_inner();

        assert_eq!(stream.message().await.unwrap(), Some(numbered(1)), "{kind:?}");
        gate.open();
        assert_eq!(stream.message().await.unwrap(), Some(numbered(2)), "{kind:?}");
        assert_eq!(stream.message().await.unwrap(), None, "{kind:?}");
    }
}

#[tokio::test]
async fn a_first_frame_that_was_waited_for_is_neither_lost_nor_doubled() {
    for (kind, pending_first, pending_behind) in Kind::ALL
        .into_iter()
        .flat_map(|kind| [(kind, false, false), (kind, false, true), (kind, true, false), (kind, true, true)])
    {
        let body = MockBody::ended(|body| {
            let frame = tests::message::frame(&numbered(1));
            if pending_first {
                body.pending();
            }
            body.data(frame.slice(..3));
            if pending_behind {
                body.pending().pending();
            }
            body.data(frame.slice(3..)).pending().status(Code::Ok);
        });
        let harness = Harness::local(LocalTransport::answering([transport::response(body)]));
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(
            (outcome.code(), outcome.numbers()),
            (Code::Ok, vec![1]),
            "{kind:?} {pending_first} {pending_behind}"
        );
    }
}

#[tokio::test]
async fn a_body_never_claims_to_have_ended_while_a_replay_may_follow() {
    // What the body of the first answer knows about itself is true of that answer only: it has ended, with 0 bytes.
    let harness = Harness::local(LocalTransport::answering([
        transport::response(MockBody::ended(|body| {
            body.status(Code::Unauthenticated);
        })),
        transport::message(&numbered(2)),
    ]));
    let login = harness.flow.hold();
    let mut service = tower::Layer::layer(&auth_runtime::AuthLayer::new(harness.authenticator()), harness.peer.clone());
    let request = http::Request::post("/tests.v1.Calls/ServerStreaming").body(tonic::body::Body::empty()).unwrap();
    let response = tower::ServiceExt::ready(&mut service).await.unwrap();
    let response = tower::Service::call(response, request).await.unwrap();
    let mut body = Box::pin(response.into_body());

    assert!(!body.is_end_stream());
    assert_eq!(body.size_hint().exact(), None);
    let polled = std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx).is_pending())).await;
    assert!(polled, "the login is held");
    assert!(!body.is_end_stream());
    assert_eq!(body.size_hint().exact(), None);
    login.open();
    let mut frames = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let ended = body.is_end_stream();
        let frame = frame.unwrap();
        assert!(!ended || frame.is_trailers(), "the end was announced before the trailers");
        frames.push(frame);
    }
    assert_eq!(frames.len(), 2, "the second answer's message and its trailers: {frames:?}");
}

#[tokio::test]
async fn a_stream_that_breaks_behind_a_message_is_not_sent_again() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let broken = Answer::new().read_all().headers().and_message(&numbered(1)).reset(h2::Reason::INTERNAL_ERROR);
        let harness = Harness::answering([broken]);
        let client = harness.client();
        let stream = match kind {
            Kind::ServerStreaming => client.server_streaming(numbered(7)).await,
            _ => client.bidi_streaming(tokio_stream::iter([numbered(7)])).await,
        };
        // The reset may overtake the message in the client's connection; it must never cause a second attempt.
        if let Ok(stream) = stream {
            let items: Vec<_> = stream.into_inner().collect().await;
            assert!(items.last().unwrap().is_err(), "{kind:?}");
        }
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_denial_behind_a_message_says_nothing_about_the_credentials_that_were_sent() {
    for kind in Kind::ALL {
        let denied = Answer::new().read_all().headers().and_message(&numbered(1)).status(Code::PermissionDenied);
        let harness = Harness::answering([denied]);
        let token = harness.secret();
        harness.authenticate_with(|builder| {
            builder.login_on_permission_denied(true).credentials(auth_runtime::Credentials::new(token))
        });
        assert_eq!(tests::call::call(&harness.client(), kind).await.code(), Code::PermissionDenied, "{kind:?}");
        tests::property::turns(20).await;
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_denial_behind_a_message_of_a_call_without_credentials_gets_the_next_call_some() {
    for kind in Kind::ALL {
        let denied = Answer::new().read_all().headers().and_message(&numbered(1)).status(Code::PermissionDenied);
        let harness = Harness::answering([denied]);
        harness.authenticate_with(|builder| builder.login_on_permission_denied(true));
        assert_eq!(tests::call::call(&harness.client(), kind).await.code(), Code::PermissionDenied, "{kind:?}");
        harness.flow.started(1).await;
    }
}

#[tokio::test]
async fn a_body_that_nothing_can_follow_knows_its_own_end_and_size() {
    fn known(body: &impl http_body::Body) -> (bool, Option<u64>) {
        (body.is_end_stream(), body.size_hint().exact())
    }
    for (answer, expected) in [
        (transport::trailers_only(Code::NotFound, "nobody"), (true, Some(0))),
        (transport::message(&numbered(2)), (false, None)),
    ] {
        let harness = Harness::local(LocalTransport::answering([answer]));
        let mut service =
            tower::Layer::layer(&auth_runtime::AuthLayer::new(harness.authenticator()), harness.peer.clone());
        let request = http::Request::post("/tests.v1.Calls/ServerStreaming").body(tonic::body::Body::empty()).unwrap();
        let ready = tower::ServiceExt::ready(&mut service).await.unwrap();
        let mut body = Box::pin(tower::Service::call(ready, request).await.unwrap().into_body());
        assert_eq!(known(&body), expected);
        while std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await.is_some() {}
        assert_eq!(known(&body), (true, Some(0)));
    }
}

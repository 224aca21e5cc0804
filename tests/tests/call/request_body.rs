//! The replay carries the request's bytes, all of them and once, whatever had become of the first attempt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::{Arc, Mutex};

use auth_runtime::AuthLayer;
use bytes::Bytes;
use futures_util::stream;
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use tests::{
    call::{Calls, Kind, Outcome, call, call_with, numbered, spawn_with},
    calls::{Message, calls_client::CallsClient},
    gate::Gate,
    guard::within_reason,
    harness::{Harness, Server as _},
    mock_body::{MockBody, MockBodyHandle},
    peer::{Answer, PeerOptions},
    transport::{self, LocalTransport},
};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status, body::Body, codec::CompressionEncoding};
use tower::{Layer as _, Service as _, ServiceExt as _};

fn large(bytes: usize) -> Message {
    let payload: Vec<u8> = (0..bytes).map(|byte| (byte % 251) as u8).collect();
    Message { payload, number: 7, ..Message::default() }
}

/// A peer whose windows are closed, so that nothing of the first attempt's body can be sent.
fn behind_closed_windows() -> Harness {
    Harness::scripted_with(PeerOptions::default().initial_window(0), |exchange| {
        let answer = match exchange.record().previous_attempts() {
            None => Answer::rejected(),
            Some(_) => Answer::new().open_windows(16 * 1024 * 1024).and_then(Answer::message(&numbered(2))),
        };
        exchange.run(answer)
    })
}

async fn arrives_whole(harness: &Harness, client: &impl Calls, kind: Kind, message: Message) {
    let outcome = call_with(client, kind, Request::new(message.clone())).await;

    assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![2]), "{kind:?}: {:?}", outcome.status);
    let requests = harness.peer.requests();
    assert_eq!(requests[0].body_bytes(), 0, "{kind:?}");
    assert!(requests[1].messages::<Message>() == [message], "{kind:?}: the replay carried something else");
}

#[tokio::test]
async fn a_message_of_3_mib_that_could_not_be_sent_before_the_rejection_is_replayed_byte_for_byte() {
    for kind in [Kind::Unary, Kind::ServerStreaming] {
        let harness = behind_closed_windows();
        arrives_whole(&harness, &harness.client(), kind, large(3 * 1024 * 1024)).await;
    }
}

#[tokio::test]
async fn so_is_a_stream_within_its_bound() {
    for kind in [Kind::ClientStreaming, Kind::BidiStreaming] {
        let harness = behind_closed_windows();
        arrives_whole(&harness, &harness.client(), kind, large(200 * 1024)).await;
    }
}

#[tokio::test]
async fn so_is_a_message_of_a_client_without_known_kinds() {
    for kind in Kind::ALL {
        let harness = behind_closed_windows();
        arrives_whole(&harness, &harness.layered_client(), kind, large(3 * 1024 * 1024)).await;
    }
}

#[tokio::test]
async fn a_rejection_in_the_middle_of_a_message_is_replayed_with_the_whole_message() {
    // 64 KiB of it fit into HTTP/2's initial window; the rest is still on its way.
    for kind in [Kind::Unary, Kind::ServerStreaming] {
        let harness = Harness::answering([Answer::rejected(), Answer::message(&numbered(2))]);
        let message = large(3 * 1024 * 1024);
        let outcome = call_with(&harness.client(), kind, Request::new(message.clone())).await;

        assert_eq!(outcome.numbers(), [2], "{kind:?}: {:?}", outcome.status);
        assert!(harness.peer.requests()[1].messages::<Message>() == [message], "{kind:?}");
    }
}

#[tokio::test]
async fn an_empty_message_is_replayed_too() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected(), Answer::message(&numbered(2))]);
        let outcome = call_with(&harness.client(), kind, Request::new(Message::default())).await;

        assert_eq!(outcome.numbers(), [2], "{kind:?}");
        assert_eq!(harness.peer.requests()[1].messages::<Message>(), [Message::default()], "{kind:?}");
    }
}

#[tokio::test]
async fn a_stream_without_messages_is_replayed_too() {
    let harness = Harness::answering([Answer::rejected(), Answer::message(&numbered(2))]);
    let outcome = Outcome::of_stream(harness.client().bidi_streaming(stream::empty()).await).await;

    assert_eq!(outcome.numbers(), [2]);
    assert_eq!(harness.peer.requests()[1].message_count(), 0);
}

#[tokio::test]
async fn a_compressed_request_is_replayed_as_it_was_compressed() {
    for kind in Kind::ALL {
        let read = Answer::new().read_all().trailers_only(Code::Unauthenticated, "no");
        let harness = Harness::answering([read, Answer::message(&numbered(2))]);
        let client = harness.client().send_compressed(CompressionEncoding::Gzip);

        assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?}");
        let requests = harness.peer.requests();
        assert_eq!(requests[0].bodies(), requests[1].bodies(), "{kind:?}");
        assert_eq!(requests[1].header("grpc-encoding").as_deref(), Some("gzip"), "{kind:?}");
    }
}

#[tokio::test]
async fn a_message_above_the_encoders_limit_fails_as_with_tonics_own_client() {
    for kind in Kind::ALL {
        let harness = Harness::answering([]);
        let plain = CallsClient::new(harness.peer.transport()).max_encoding_message_size(16);
        let client = harness.client().max_encoding_message_size(16);
        let layered = harness.layered_client().max_encoding_message_size(16);
        let theirs = call_with(&plain, kind, Request::new(large(17))).await;
        let ours = call_with(&client, kind, Request::new(large(17))).await;
        let of_the_layer = call_with(&layered, kind, Request::new(large(17))).await;

        for ours in [ours, of_the_layer] {
            assert_eq!(ours.code(), theirs.code(), "{kind:?}");
            assert_eq!(ours.status().message(), theirs.status().message(), "{kind:?}");
        }
        assert_eq!(harness.flow.calls(), 0, "{kind:?}");
        assert!(harness.peer.requests().iter().all(|request| request.body_bytes() == 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_failure_in_the_callers_stream_ends_the_call_without_login_or_replay() {
    // The second message is above the encoder's limit: all that a stream of messages can fail with.
    for kind in [Kind::ClientStreaming, Kind::BidiStreaming] {
        let harness = Harness::answering([Answer::new().read_all()]);
        let client = harness.client().max_encoding_message_size(64);
        let messages = stream::iter([numbered(1), large(65)]);
        let outcome = match kind {
            Kind::ClientStreaming => client.client_streaming(messages).await.unwrap_err(),
            _ => match client.bidi_streaming(messages).await {
                Err(status) => status,
                Ok(stream) => stream.into_inner().collect::<Vec<_>>().await.pop().unwrap().unwrap_err(),
            },
        };

        assert_ne!(outcome.code(), Code::Unauthenticated, "{kind:?}: {outcome:?}");
        // None at all where the failure came before anything was sent.
        assert!(harness.peer.requests().len() <= 1, "{kind:?}");
        assert_eq!(harness.flow.calls(), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn a_failure_in_the_callers_stream_during_the_login_ends_the_call_without_replay() {
    let harness = Harness::answering([Answer::rejected()]);
    let login = harness.flow.hold();
    let client = harness.client().max_encoding_message_size(64);
    let failing = Gate::new();
    let messages = stream::iter([numbered(1)]).chain(stream::once({
        let failing = failing.clone();
        async move {
            failing.pass().await;
            large(65)
        }
    }));
    let calling = tokio::spawn(async move { client.client_streaming(messages).await });
    login.arrived(1).await;
    failing.open();
    let status = calling.await.unwrap().unwrap_err();
    login.open();

    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    assert_eq!(harness.peer.requests().len(), 1);
}

/// Takes the first frame of each request's body, gives the first a rejection and all others an open response.
fn taking_frames(sent: &Arc<Mutex<Vec<Bytes>>>) -> (LocalTransport, MockBodyHandle) {
    let (open, handle) = MockBody::open();
    let answers = Arc::new(Mutex::new(vec![transport::response(open), transport::rejected()]));
    let sent = sent.clone();
    let transport = LocalTransport::new(move |request: http::Request<Body>| {
        let (answers, sent) = (answers.clone(), sent.clone());
        async move {
            let mut body = request.into_body();
            let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!(body.frame().await.is_none());
            sent.lock().unwrap().push(frame);
            answers.lock().unwrap().pop().unwrap()
        }
    });
    (transport, handle)
}

#[tokio::test]
async fn both_attempts_share_one_copy_of_the_message_and_the_responses_first_message_releases_it() {
    for kind in Kind::ALL {
        for layered in [false, true] {
            let sent = Arc::<Mutex<Vec<Bytes>>>::default();
            let (transport, handle) = taking_frames(&sent);
            let harness = Harness::local(transport);
            let request = Request::new(large(200 * 1024));
            let calling = match layered {
                true => spawn_with(&harness.layered_client(), kind, request),
                false => spawn_with(&harness.client(), kind, request),
            };
            within_reason("the second attempt", async {
                while sent.lock().unwrap().len() < 2 {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            let mut attempts = std::mem::take(&mut *sent.lock().unwrap());
            let (second, first) = (attempts.pop().unwrap(), attempts.pop().unwrap());
            assert_eq!(first.as_ptr(), second.as_ptr(), "{kind:?} layered: {layered}: the message was copied");
            drop(first);
            handle.message(&numbered(2));
            within_reason("the message to be released", async {
                while !second.is_unique() {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            handle.status(Code::Ok).end();

            assert_eq!(calling.await.unwrap().numbers(), [2], "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_message_is_not_copied_on_its_way_through_the_layer() {
    let sent = Arc::<Mutex<Vec<Bytes>>>::default();
    let (transport, handle) = taking_frames(&sent);
    let harness = Harness::local(transport);
    let original = tests::message::frame(&large(3 * 1024 * 1024));
    let mut service = AuthLayer::new(harness.authenticator()).layer(harness.peer.clone());
    let body = Body::new(Full::new(original.clone()).map_err(|never| -> Status { match never {} }));
    let request = http::Request::post("/tests.v1.Calls/Unary").body(body).unwrap();
    let _answer = service.ready().await.unwrap().call(request).await.unwrap();
    drop(handle);

    assert!(sent.lock().unwrap().iter().all(|attempt| attempt.as_ptr() == original.as_ptr()));
}

#[tokio::test]
async fn a_message_above_the_encoders_limit_behind_others_fails_as_with_tonics_own_client() {
    for kind in [Kind::ClientStreaming, Kind::BidiStreaming] {
        let requests = || Request::new(stream::iter([large(40 * 1024), large(50 * 1024)]));
        let mut outcomes = Vec::new();
        for layered in [false, true] {
            let answer = Answer::new().read_all().and_then(Answer::message(&numbered(2)));
            let harness = Harness::answering([answer]);
            let plain = CallsClient::new(harness.peer.transport()).max_encoding_message_size(45 * 1024);
            let ours = harness.layered_client().max_encoding_message_size(45 * 1024);
            outcomes.push(match (kind, layered) {
                (Kind::ClientStreaming, false) => {
                    Outcome::of_message(Calls::client_streaming(&plain, requests()).await)
                }
                (Kind::ClientStreaming, true) => Outcome::of_message(Calls::client_streaming(&ours, requests()).await),
                (_, false) => Outcome::of_stream(Calls::bidi_streaming(&plain, requests()).await).await,
                (_, true) => Outcome::of_stream(Calls::bidi_streaming(&ours, requests()).await).await,
            });
            assert_eq!(harness.flow.calls(), 0, "{kind:?}");
        }
        assert_ne!(outcomes[0].code(), Code::Ok, "{kind:?}");
        assert_eq!(outcomes[1].code(), outcomes[0].code(), "{kind:?}: {:?}", outcomes[1].status);
    }
}

#[tokio::test]
async fn a_single_message_is_known_to_be_the_whole_request() {
    for layered in [false, true] {
        let harness = Harness::local(LocalTransport::new(|request| async {
            let mut body = request.into_body();
            assert!(!body.is_end_stream());
            body.frame().await.unwrap().unwrap();
            assert!(body.is_end_stream(), "an empty frame would follow");
            transport::message(&numbered(2))
        }));
        let outcome = match layered {
            true => call(&harness.layered_client(), Kind::Unary).await,
            false => call(&harness.client(), Kind::Unary).await,
        };
        assert_eq!(outcome.numbers(), [2]);
    }
}

/// A request body of a make that panics when it is asked for more than there is.
struct Unfused(Vec<Bytes>, bool);

impl http_body::Body for Unfused {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Status>>> {
        assert!(!self.1, "it was polled past its end");
        self.1 = self.0.is_empty();
        std::task::Poll::Ready(self.0.pop().map(|data| Ok(http_body::Frame::data(data))))
    }
}

#[tokio::test]
async fn a_body_of_another_make_is_not_polled_past_its_end() {
    for messages in 0..5 {
        for read in [false, true] {
            let answers = Arc::new(Mutex::new(vec![transport::message(&numbered(2)), transport::rejected()]));
            let harness = Harness::local(LocalTransport::new(move |request: http::Request<Body>| {
                let answers = answers.clone();
                async move {
                    let mut body = request.into_body();
                    while read && body.frame().await.is_some() {}
                    answers.lock().unwrap().pop().unwrap()
                }
            }));
            let login = harness.flow.hold();
            let mut service = AuthLayer::new(harness.authenticator()).layer(harness.peer.clone());
            let body = Body::new(Unfused(vec![Bytes::from_static(b"\0\0\0\0\0"); messages], false));
            let request = http::Request::post(Kind::ClientStreaming.path()).body(body).unwrap();
            let calling = tokio::spawn(service.ready().await.unwrap().call(request));
            login.arrived(1).await;
            tests::property::turns(5).await;
            login.open();
            calling.await.unwrap().unwrap();
            assert_eq!(harness.peer.requests().len(), 2, "{messages} messages");
        }
    }
}

/// The frames of a stream of three messages that were sent, none of them kept by the server.
async fn frames_of_a_stream(
    kind: Kind,
    layered: bool,
) -> (Vec<Bytes>, MockBodyHandle, tokio::task::JoinHandle<Outcome>) {
    let sent = Arc::<Mutex<Vec<Bytes>>>::default();
    let (open, handle) = MockBody::open();
    let open = Arc::new(Mutex::new(Some(transport::response(open))));
    let harness = Harness::local(LocalTransport::new({
        let sent = sent.clone();
        move |request: http::Request<Body>| {
            let (sent, open) = (sent.clone(), open.clone());
            async move {
                let mut body = request.into_body();
                while let Some(frame) = body.frame().await {
                    sent.lock().unwrap().push(frame.unwrap().into_data().unwrap());
                }
                open.lock().unwrap().take().unwrap()
            }
        }
    }));
    let messages = || Request::new(stream::iter([large(40_000), large(40_001), large(40_002)]));
    let (client, layer) = (harness.client(), harness.layered_client());
    let calling = tokio::spawn(async move {
        match (kind, layered) {
            (Kind::ClientStreaming, false) => Outcome::of_message(client.client_streaming(messages()).await),
            (Kind::ClientStreaming, true) => Outcome::of_message(Calls::client_streaming(&layer, messages()).await),
            (_, false) => Outcome::of_stream(client.bidi_streaming(messages()).await).await,
            (_, true) => Outcome::of_stream(Calls::bidi_streaming(&layer, messages()).await).await,
        }
    });
    within_reason("all frames", async {
        while sent.lock().unwrap().len() < 3 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let frames = std::mem::take(&mut *sent.lock().unwrap());
    (frames, handle, calling)
}

#[tokio::test]
async fn the_responses_first_message_releases_a_stream_too() {
    for kind in [Kind::ClientStreaming, Kind::BidiStreaming] {
        for layered in [false, true] {
            let (frames, handle, calling) = frames_of_a_stream(kind, layered).await;
            tests::property::turns(20).await;
            assert!(frames.iter().all(|frame| !frame.is_unique()), "{kind:?}: they are held for a replay");
            handle.message(&numbered(2));
            within_reason("the stream to be released", async {
                while !frames.iter().all(Bytes::is_unique) {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            handle.status(Code::Ok).end();
            assert_eq!(calling.await.unwrap().numbers(), [2], "{kind:?} layered: {layered}");
        }
    }
}

#[tokio::test]
async fn nor_is_anything_held_of_a_stream_that_goes_on() {
    let (open, handle) = MockBody::open();
    let open = Arc::new(Mutex::new(Some(transport::response(open))));
    let harness = Harness::local(LocalTransport::new(move |request: http::Request<Body>| {
        let open = open.clone();
        async move {
            let mut body = request.into_body();
            for _ in 0..3 {
                body.frame().await.unwrap().unwrap();
            }
            // As a connection does that waits for more.
            tokio::spawn(async move { body.frame().await });
            open.lock().unwrap().take().unwrap()
        }
    }));
    let frames = [1, 2, 3].map(|byte| Bytes::from(vec![byte; 40_000]));
    let upload = stream::iter(frames.clone().map(|data| Ok::<_, Status>(http_body::Frame::data(data))));
    let body = Body::new(http_body_util::StreamBody::new(upload.chain(stream::pending())));
    let mut service = AuthLayer::new(harness.authenticator()).layer(harness.peer.clone());
    let request = http::Request::post(Kind::BidiStreaming.path()).body(body).unwrap();
    let mut answer = Box::pin(service.ready().await.unwrap().call(request).await.unwrap().into_body());
    assert!(frames.iter().all(|frame| !frame.is_unique()), "they are held for a replay");

    handle.message(&numbered(2));
    answer.frame().await.unwrap().unwrap();
    assert!(frames.iter().all(Bytes::is_unique));
}

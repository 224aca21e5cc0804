//! A rejected stream of requests starts over: nothing lost, nothing doubled, nothing out of order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use auth_runtime::limits::Limits;
use http_body_util::BodyExt as _;
use tests::{
    call::{Calls, Kind, Outcome, call, numbered},
    calls::Message,
    gate::Gate,
    guard::within_reason,
    harness::Harness,
    mock_body::MockBody,
    peer::{Answer, Ending},
    transport::{self, LocalTransport},
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::{Stream, StreamExt as _, wrappers::ReceiverStream};
use tonic::{Code, Request};

const STREAMING: [Kind; 2] = [Kind::ClientStreaming, Kind::BidiStreaming];

fn start(
    client: impl Calls,
    kind: Kind,
    messages: impl Stream<Item = Message> + Send + 'static,
) -> JoinHandle<Outcome> {
    tokio::spawn(async move {
        match kind {
            Kind::ClientStreaming => Outcome::of_message(client.client_streaming(Request::new(messages)).await),
            _ => Outcome::of_stream(client.bidi_streaming(Request::new(messages)).await).await,
        }
    })
}

fn numbers(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.number).collect()
}

async fn starts_over(rejection: Answer, kind: Kind) {
    let rejection = Answer::new().read(2).and_then(rejection).read_all();
    let harness = Harness::answering([rejection, Answer::message(&numbered(9))]);
    let login = harness.flow.hold();
    let (sender, receiver) = mpsc::channel(8);
    let calling = start(harness.client(), kind, ReceiverStream::new(receiver));
    sender.send(numbered(1)).await.unwrap();
    sender.send(numbered(2)).await.unwrap();
    login.arrived(1).await;
    // The first attempt is given up at once, not when the next message comes.
    // The server has ended the call, so that an orderly end tells it nothing wrong; resets it counts, and bounds.
    assert_eq!(harness.peer.request(0).await.ended().await, Ending::Complete, "{kind:?}");
    sender.send(numbered(3)).await.unwrap();
    login.open();
    harness.peer.request(1).await.received(3).await;
    sender.send(numbered(4)).await.unwrap();
    drop(sender);
    let outcome = calling.await.unwrap();

    assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![9]), "{kind:?}: {:?}", outcome.status);
    let requests = harness.peer.requests();
    assert_eq!(numbers(&requests[1].messages()), [1, 2, 3, 4], "{kind:?}");
    assert_eq!(numbers(&requests[0].messages()), [1, 2], "{kind:?}");
    assert_eq!((requests.len(), harness.flow.calls()), (2, 1), "{kind:?}");
}

#[tokio::test]
async fn a_stream_rejected_while_messages_are_still_coming_starts_over_and_goes_on() {
    for kind in STREAMING {
        starts_over(Answer::rejected(), kind).await;
    }
}

#[tokio::test]
async fn a_stream_rejected_behind_headers_starts_over_too() {
    for kind in STREAMING {
        starts_over(Answer::rejected_late(), kind).await;
    }
}

#[tokio::test]
async fn the_first_attempt_takes_no_message_once_the_second_has_begun() {
    // The first attempt's stream is never read again, and never closed by the server: only the fence detaches it.
    for kind in STREAMING {
        let forever = Gate::new();
        let rejection = Answer::new().read(1).trailers_only(Code::Unauthenticated, "no").read_all().pass(&forever);
        let harness = Harness::answering([rejection, Answer::message(&numbered(9))]);
        let (sender, receiver) = mpsc::channel(1);
        let calling = start(harness.client(), kind, ReceiverStream::new(receiver));
        for number in 1..=50 {
            sender.send(numbered(number)).await.unwrap();
        }
        drop(sender);

        assert_eq!(calling.await.unwrap().numbers(), [9], "{kind:?}");
        let requests = harness.peer.requests();
        assert_eq!(numbers(&requests[1].messages()), (1..=50).collect::<Vec<_>>(), "{kind:?}");
        assert_eq!(requests.len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn whoever_waits_for_the_next_message_of_the_first_attempt_is_told_that_none_will_come() {
    for (kind, ended) in STREAMING.into_iter().flat_map(|kind| [(kind, true), (kind, false)]) {
        let (told, mut reading) = mpsc::unbounded_channel();
        let harness = Harness::local(LocalTransport::new(move |request| {
            let replayed = request.headers().contains_key("grpc-previous-rpc-attempts");
            let told = told.clone();
            async move {
                if replayed {
                    return transport::message(&numbered(9));
                }
                // As a connection does, which goes on sending whatever the answer is.
                tokio::spawn(async move { told.send(transport::read_messages(request.into_body()).await) });
                tokio::task::yield_now().await;
                match ended {
                    true => transport::rejected(),
                    false => transport::page(401, MockBody::open().0),
                }
            }
        }));
        let login = harness.flow.hold();
        let (sender, receiver) = mpsc::channel(8);
        let calling = start(harness.client(), kind, ReceiverStream::new(receiver));
        login.arrived(1).await;
        let (messages, error) = within_reason("the end of the first body", reading.recv()).await.unwrap();

        assert!(messages.is_empty(), "{kind:?}");
        let code = error.map(|error| error.code());
        // An orderly end would make the request complete for a server that has not ended the response.
        assert_eq!(code, if ended { None } else { Some(Code::Cancelled) }, "{kind:?}");
        login.open();
        drop(sender);
        assert_eq!(calling.await.unwrap().numbers(), [9], "{kind:?}");
    }
}

#[tokio::test]
async fn a_stream_that_was_sent_and_rejected_as_a_whole_is_sent_again_as_a_whole() {
    for kind in STREAMING {
        let rejection = Answer::new().read_all().headers().status(Code::Unauthenticated);
        let harness = Harness::answering([rejection, Answer::message(&numbered(9))]);
        let outcome = start(harness.client(), kind, tokio_stream::iter((1..=100).map(numbered))).await.unwrap();

        assert_eq!(outcome.numbers(), [9], "{kind:?}: {:?}", outcome.status);
        for request in harness.peer.requests() {
            assert_eq!(numbers(&request.messages()), (1..=100).collect::<Vec<_>>(), "{kind:?}");
            assert_eq!(request.ending(), Some(Ending::Complete), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn past_its_bound_a_stream_is_committed_and_its_rejection_goes_to_the_caller() {
    let chunk = |number| Message { number, payload: vec![0; 700], ..Message::default() };
    let rejection = Answer::new().read(3).trailers_only(Code::Unauthenticated, "too late for a replay");
    let harness = Harness::answering([rejection, Answer::message(&numbered(9))]);
    let client = harness.client();
    let (sender, receiver) = mpsc::channel(8);
    let calling = tokio::spawn({
        let client = client.clone();
        async move { client.small_bound(ReceiverStream::new(receiver)).await }
    });
    let first = harness.peer.request(0).await;
    // One after the other, since tonic puts what is ready at the same time into one frame.
    for number in 1..=3 {
        sender.send(chunk(number)).await.unwrap();
        first.received(number as usize).await;
    }
    let status = calling.await.unwrap().unwrap_err();

    assert_eq!(status.code(), Code::Unauthenticated);
    let message = status.message();
    assert!(message.contains("longer than replay_buffer_bytes"), "{message}");
    assert!(message.ends_with("; the server says: too late for a replay"), "{message}");
    assert_eq!(numbers(&first.messages()), [1, 2, 3]);
    assert_eq!(harness.peer.requests().len(), 1);
    // The credentials are refreshed for the next call.
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [9]);
    assert_eq!(harness.tokens_seen(), [Some(harness.stale_token().to_owned()), harness.issued().pop()]);
    assert_eq!(harness.flow.calls(), 1);
}

#[tokio::test]
async fn a_stream_past_its_bound_is_not_disturbed() {
    for kind in STREAMING {
        let harness = Harness::checking(Answer::rejected(), Answer::message(&numbered(9)));
        let token = harness.valid_token();
        harness.authenticate_with(|builder| builder.credentials(auth_runtime::Credentials::new(token)));
        let messages = (1..=40).map(|number| Message { number, payload: vec![0; 16 * 1024], ..Message::default() });
        let outcome = start(harness.client(), kind, tokio_stream::iter(messages)).await.unwrap();

        assert_eq!(outcome.numbers(), [9], "{kind:?}: {:?}", outcome.status);
        let requests = harness.peer.requests();
        assert_eq!(numbers(&requests[0].messages()), (1..=40).collect::<Vec<_>>(), "{kind:?}");
        assert_eq!(requests.len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn within_its_bound_the_same_stream_is_replayed() {
    let rejection = Answer::new().read(2).trailers_only(Code::Unauthenticated, "no");
    let harness = Harness::answering([rejection, Answer::message(&numbered(9))]);
    let (sender, receiver) = mpsc::channel(8);
    let calling = tokio::spawn({
        let client = harness.client();
        async move { client.small_bound(ReceiverStream::new(receiver)).await }
    });
    let first = harness.peer.request(0).await;
    for number in 1..=2 {
        sender.send(Message { number, payload: vec![0; 400], ..Message::default() }).await.unwrap();
        first.received(number as usize).await;
    }
    drop(sender);

    assert_eq!(calling.await.unwrap().unwrap().into_inner(), numbered(9));
    assert_eq!(numbers(&harness.peer.requests()[1].messages()), [1, 2]);
}

#[tokio::test]
async fn the_callers_stream_is_read_no_further_than_the_bound_while_a_login_runs() {
    let harness = Harness::answering([Answer::rejected(), Answer::message(&numbered(9))]);
    let login = harness.flow.hold();
    let taken = Arc::new(AtomicUsize::new(0));
    let messages = tokio_stream::iter(1..=1000).map({
        let taken = taken.clone();
        move |number| {
            taken.fetch_add(1, Ordering::SeqCst);
            Message { number, payload: vec![0; 64 * 1024], ..Message::default() }
        }
    });
    let calling = start(harness.client(), Kind::ClientStreaming, messages);
    login.arrived(1).await;
    // Whatever reads ahead has had its chance by the time that the next call has gone through.
    harness.peer.request(0).await;
    let taken_during_login = taken.load(Ordering::SeqCst);
    login.open();
    let outcome = calling.await.unwrap();

    // HTTP/2 takes a window of 64 KiB and hyper a frame or two; the bound is 256 KiB.
    assert!(taken_during_login <= 12, "{taken_during_login} messages of 64 KiB were read during the login");
    match outcome.code() {
        Code::Ok => assert_eq!(harness.peer.requests()[1].message_count(), 1000),
        code => assert_eq!((code, harness.peer.requests().len()), (Code::Unauthenticated, 1)),
    }
}

#[tokio::test]
async fn what_was_taken_during_a_login_and_not_sent_is_no_reason_against_a_replay() {
    // More than tonic puts into one frame.
    let message = |number| Message { number, payload: vec![0; 40 * 1024], ..Message::default() };
    for kind in STREAMING {
        let server = LocalTransport::new(async |request: http::Request<tonic::body::Body>| {
            let again = request.headers().contains_key("grpc-previous-rpc-attempts");
            let mut body = request.into_body();
            if !again {
                body.frame().await.unwrap().unwrap();
                return transport::rejected();
            }
            let (messages, error) = transport::read_messages(body).await;
            assert!(error.is_none(), "{error:?}");
            transport::message(&numbered(messages.len() as u64))
        });
        let harness = Harness::local(server);
        let limits = Limits::new().with_replay_buffer_bytes(100 * 1024);
        harness.authenticate_with(|builder| builder.login_first(true).limits(limits));
        let outcome = start(harness.client(), kind, tokio_stream::iter((0..3).map(message))).await.unwrap();
        assert_eq!(outcome.numbers(), [3], "{kind:?}: {:?}", outcome.status);
    }
}

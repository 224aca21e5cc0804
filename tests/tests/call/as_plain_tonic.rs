//! Calls with one message go past tonic's own client, and leave nobody with anything else than it would.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Response};
use tests::{
    call::{Calls, Kind, call_with, numbered},
    calls::{Message, calls_client::CallsClient},
    harness::Harness,
    mock_body::MockBody,
    transport::{self, LocalTransport},
};
use tonic::{Code, Request, metadata::MetadataValue};

const KINDS: [Kind; 2] = [Kind::Unary, Kind::ServerStreaming];

type Answering = fn() -> Response<MockBody>;

fn with(mut response: Response<MockBody>, headers: &[(&'static str, &'static str)]) -> Response<MockBody> {
    for (name, value) in headers {
        response.headers_mut().append(*name, HeaderValue::from_static(value));
    }
    response
}

fn trailers(of: &[(&'static str, &'static str)]) -> HeaderMap {
    of.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
}

/// Each with what tonic reads: status, metadata, encoding, and bodies of all lengths.
const ANSWERS: [Answering; 14] = [
    || transport::message(&numbered(1)),
    || with(transport::message(&numbered(1)), &[("x-server", "a"), ("x-server", "b"), ("x-data-bin", "AAEC")]),
    || with(transport::message(&numbered(1)), &[("grpc-encoding", "identity")]),
    || with(transport::message(&numbered(1)), &[("grpc-encoding", "gzip")]),
    || with(transport::message(&numbered(1)), &[("grpc-encoding", "br"), ("x-server", "a")]),
    || transport::trailers_only(Code::NotFound, "no such thing"),
    || with(transport::trailers_only(Code::PermissionDenied, "not yours"), &[("x-server", "a")]),
    || with(transport::response(MockBody::empty()), &[("grpc-status", "0"), ("x-server", "a")]),
    || with(transport::message(&numbered(1)), &[("grpc-status", "0")]),
    || transport::response(MockBody::ended(|body| _ = body.status(Code::Ok))),
    || {
        with(
            transport::response(MockBody::ended(|body| {
                body.trailers(trailers(&[("grpc-status", "9"), ("grpc-message", "not%20now"), ("x-behind", "c")]));
            })),
            &[("x-server", "a")],
        )
    },
    || {
        with(
            transport::response(MockBody::ended(|body| {
                body.message(&numbered(1)).trailers(trailers(&[("grpc-status", "0"), ("x-behind", "c")]));
            })),
            &[("x-server", "a")],
        )
    },
    || {
        transport::response(MockBody::ended(|body| {
            body.message(&numbered(1)).message(&numbered(2)).trailers(trailers(&[("grpc-status", "14")]));
        }))
    },
    || transport::response(MockBody::ended(|body| _ = body.data(vec![0, 0, 0, 0, 9, 1]))),
];

fn answering(answer: Answering) -> LocalTransport {
    LocalTransport::answering([answer()])
}

async fn outcome(client: &impl Calls, kind: Kind, request: Request<Message>) -> String {
    format!("{:?}", call_with(client, kind, request).await)
}

#[tokio::test]
async fn whatever_a_server_answers() {
    for (number, answer) in ANSWERS.into_iter().enumerate() {
        for kind in KINDS {
            let plain = outcome(&CallsClient::new(answering(answer)), kind, Request::new(numbered(7))).await;
            let harness = Harness::local(answering(answer));
            let ours = outcome(&harness.client(), kind, Request::new(numbered(7))).await;
            assert_eq!(ours, plain, "answer {number}, {kind:?}");
        }
    }
}

#[tokio::test]
async fn whatever_is_too_large() {
    let large = || Message { payload: vec![7; 100], ..Message::default() };
    for kind in KINDS {
        for (decoding, encoding) in [(10, 1000), (1000, 10), (10, 10)] {
            let answer = || transport::message(&Message { payload: vec![7; 100], ..Message::default() });
            let plain = CallsClient::new(LocalTransport::new(move |request| async move {
                transport::read_messages(request.into_body()).await;
                answer()
            }));
            let plain = plain.max_decoding_message_size(decoding).max_encoding_message_size(encoding);
            let harness = Harness::local(LocalTransport::new(move |request| async move {
                transport::read_messages(request.into_body()).await;
                answer()
            }));
            let ours = harness.client().max_decoding_message_size(decoding).max_encoding_message_size(encoding);
            let (ours, plain) =
                (outcome(&ours, kind, Request::new(large())).await, outcome(&plain, kind, Request::new(large())).await);
            assert_eq!(ours, plain, "{kind:?}, {decoding} and {encoding}");
        }
    }
}

#[tokio::test]
async fn whatever_a_caller_puts_on_the_request() {
    fn request() -> Request<Message> {
        let mut request = Request::new(numbered(7));
        request.set_timeout(Duration::from_secs(5));
        let metadata = request.metadata_mut();
        for (name, value) in [("x-trace", "a"), ("x-other", "b"), ("x-trace", "c"), ("user-agent", "me/1")] {
            metadata.append(name, MetadataValue::from_static(value));
        }
        for reserved in ["te", "content-type", "grpc-message", "grpc-message-type", "grpc-status"] {
            metadata.insert(reserved, MetadataValue::from_static("mine"));
        }
        metadata.append_bin("x-data-bin", MetadataValue::from_bytes(&[0, 1, 2]));
        request
    }
    for kind in KINDS {
        for make in [request, || Request::new(numbered(7))] {
            let plain = answering(ANSWERS[0]);
            call_with(&CallsClient::new(plain.clone()), kind, make()).await;
            let harness = Harness::local(answering(ANSWERS[0]));
            call_with(&harness.client(), kind, make()).await;

            let (ours, plain) = (harness.peer.requests().remove(0), plain.requests().remove(0));
            let mut headers = ours.headers.clone();
            assert!(headers.remove("authorization").is_some(), "{kind:?}");
            assert_eq!(headers, plain.headers, "{kind:?}");
            assert_eq!(ours.uri, plain.uri, "{kind:?}");
        }
    }
}

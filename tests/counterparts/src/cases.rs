//! gRPC's own interoperability cases (`doc/interop-test-descriptions.md` of the gRPC project), as far as they are about
//! calls.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Code, Request, metadata::MetadataValue};

use crate::{
    Calls,
    kinds::{payload, size, wanting},
    testing::{EchoStatus, Empty, SimpleRequest, StreamingInputCallRequest, StreamingOutputCallRequest},
};

const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// All cases.
///
/// # Panics
///
/// If one of them goes otherwise than gRPC says.
pub async fn interop_cases(client: &impl Calls) {
    client.empty(Request::new(Empty {})).await.expect("empty_unary");
    large_unary(client).await;
    client_streaming(client).await;
    server_streaming(client).await;
    ping_pong(client).await;
    empty_streams(client).await;
    status_code_and_message(client).await;
    custom_metadata(client).await;
    timeout_on_sleeping_server(client).await;
    cancel_after_begin(client).await;
    cancel_after_first_response(client).await;
    let unimplemented = client.unimplemented().await.expect_err("unimplemented_method");
    assert_eq!(unimplemented.code(), Code::Unimplemented);
}

async fn large_unary(client: &impl Calls) {
    let request = SimpleRequest { response_size: 314_159, payload: payload(271_828), ..Default::default() };
    let response = client.unary(Request::new(request)).await.expect("large_unary").into_inner();
    assert_eq!(size(response.payload), 314_159);
}

async fn client_streaming(client: &impl Calls) {
    let messages = [27_182, 8, 1_828, 45_904]
        .map(|size| StreamingInputCallRequest { payload: payload(size), ..Default::default() });
    let response = client.input(Request::new(tokio_stream::iter(messages))).await.expect("client_streaming");
    assert_eq!(response.into_inner().aggregated_payload_size, 74_922);
}

async fn server_streaming(client: &impl Calls) {
    let request = wanting(&[31_415, 9, 2_653, 58_979], 0);
    let mut responses = client.output(Request::new(request)).await.expect("server_streaming").into_inner();
    for expected in [31_415, 9, 2_653, 58_979] {
        let response = responses.message().await.expect("server_streaming").expect("four messages");
        assert_eq!(size(response.payload), expected);
    }
    assert_eq!(responses.message().await.expect("server_streaming"), None);
}

async fn ping_pong(client: &impl Calls) {
    let (requests, stream) = mpsc::unbounded_channel();
    requests.send(wanting(&[31_415], 27_182)).expect("it is read");
    let mut responses =
        client.duplex(Request::new(UnboundedReceiverStream::new(stream))).await.expect("ping_pong").into_inner();
    let first = responses.message().await.expect("ping_pong").expect("a response");
    assert_eq!(size(first.payload), 31_415);
    for (wanted, own) in [(9, 8), (2_653, 1_828), (58_979, 45_904)] {
        requests.send(wanting(&[wanted], own)).expect("it is read");
        let response = responses.message().await.expect("ping_pong").expect("a response");
        assert_eq!(size(response.payload), usize::try_from(wanted).expect("positive"));
    }
    drop(requests);
    assert_eq!(responses.message().await.expect("ping_pong"), None);
}

/// Streams of requests that end without a message.
async fn empty_streams(client: &impl Calls) {
    let nothing = tokio_stream::empty::<StreamingOutputCallRequest>();
    let mut responses = client.duplex(Request::new(nothing)).await.expect("empty_stream").into_inner();
    assert_eq!(responses.message().await.expect("empty_stream"), None);
    let nothing = tokio_stream::empty::<StreamingInputCallRequest>();
    let response = client.input(Request::new(nothing)).await.expect("empty client stream");
    assert_eq!(response.into_inner().aggregated_payload_size, 0);
}

async fn status_code_and_message(client: &impl Calls) {
    let messages = ["test status message", "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"];
    for message in messages {
        let status = || Some(EchoStatus { code: 2, message: message.to_owned() });
        let request = SimpleRequest { response_status: status(), ..Default::default() };
        let error = client.unary(Request::new(request)).await.expect_err("status_code_and_message");
        assert_eq!((error.code(), error.message()), (Code::Unknown, message));

        let request = StreamingOutputCallRequest { response_status: status(), ..Default::default() };
        let error = match client.duplex(Request::new(tokio_stream::iter([request]))).await {
            Ok(responses) => responses.into_inner().message().await.expect_err("status_code_and_message"),
            Err(error) => error,
        };
        assert_eq!((error.code(), error.message()), (Code::Unknown, message));
    }
}

async fn custom_metadata(client: &impl Calls) {
    fn with_metadata<M>(message: M) -> Request<M> {
        let mut request = Request::new(message);
        request.metadata_mut().insert(ECHO_INITIAL, MetadataValue::from_static("test_initial_metadata_value"));
        request.metadata_mut().insert_bin(ECHO_TRAILING, MetadataValue::from_bytes(&[0xab, 0xab, 0xab]));
        request
    }
    let request = SimpleRequest { response_size: 1, payload: payload(1), ..Default::default() };
    let response = client.unary(with_metadata(request)).await.expect("custom_metadata");
    let initial = response.metadata().get(ECHO_INITIAL).expect("echoed");
    assert_eq!(initial, "test_initial_metadata_value");
    let trailing = response.metadata().get_bin(ECHO_TRAILING).expect("echoed").to_bytes().expect("base64");
    assert_eq!(trailing.as_ref(), [0xab, 0xab, 0xab]);

    let stream = tokio_stream::iter([wanting(&[1], 1)]);
    let response = client.duplex(with_metadata(stream)).await.expect("custom_metadata");
    assert_eq!(response.metadata().get(ECHO_INITIAL).expect("echoed"), "test_initial_metadata_value");
    let mut responses = response.into_inner();
    while responses.message().await.expect("custom_metadata").is_some() {}
    let trailers = responses.trailers().await.expect("custom_metadata").expect("trailers");
    assert_eq!(trailers.get_bin(ECHO_TRAILING).expect("echoed").to_bytes().expect("base64").as_ref(), [0xab; 3]);
}

async fn timeout_on_sleeping_server(client: &impl Calls) {
    let (_kept, stream) = mpsc::unbounded_channel();
    let mut request = Request::new(UnboundedReceiverStream::new(stream));
    request.set_timeout(Duration::from_millis(1));
    let error = match client.duplex(request).await {
        Ok(responses) => responses.into_inner().message().await.expect_err("timeout_on_sleeping_server"),
        Err(error) => error,
    };
    // tonic's own timer says CANCELLED where the server was not asked.
    assert!(matches!(error.code(), Code::DeadlineExceeded | Code::Cancelled), "{error:?}");
}

async fn cancel_after_begin(client: &impl Calls) {
    let (_kept, stream) = mpsc::unbounded_channel::<StreamingInputCallRequest>();
    let call = client.input(Request::new(UnboundedReceiverStream::new(stream)));
    // One poll of the call, which is enough to send it.
    assert!(tokio::time::timeout(Duration::ZERO, call).await.is_err());
    client.empty(Request::new(Empty {})).await.expect("a call after a cancelled one");
}

async fn cancel_after_first_response(client: &impl Calls) {
    let (requests, stream) = mpsc::unbounded_channel();
    requests.send(wanting(&[31_415], 27_182)).expect("it is read");
    let request = Request::new(UnboundedReceiverStream::new(stream));
    let mut responses = client.duplex(request).await.expect("cancel_after_first_response").into_inner();
    assert!(responses.message().await.expect("cancel_after_first_response").is_some());
    drop(responses);
    client.empty(Request::new(Empty {})).await.expect("a call after a cancelled one");
}

//! A message is encoded once and never copied, however often it is sent.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use auth_runtime::{
    __private::v0_1::{ClientCore, Method},
    AuthError, Authenticator, Credentials, Flow, FlowContext, MethodTable,
};
use bytes::{BufMut as _, Bytes};
use futures_util::{FutureExt as _, stream};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt as _;
use tonic::{
    Status,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};
use tower_service::Service;

const MESSAGE: usize = 100_000;

static METHODS: MethodTable = MethodTable::new(&[]);

/// Where the encoder wrote each message.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<usize>>>);

impl Codec for Written {
    type Encode = ();
    type Decode = ();
    type Encoder = Self;
    type Decoder = Skip;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Skip {
        Skip
    }
}

impl Encoder for Written {
    type Item = ();
    type Error = Status;

    fn encode(&mut self, (): (), buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.reserve(MESSAGE);
        self.0.lock().unwrap().push(buffer.chunk_mut().as_mut_ptr() as usize);
        buffer.put_bytes(b'x', MESSAGE);
        Ok(())
    }
}

struct Skip;

impl Decoder for Skip {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, _buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        Ok(Some(()))
    }
}

/// Rejects the first attempt, with the request read to its end, and keeps the frames of both.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Vec<Bytes>>>>);

impl Service<Request<Body>> for Recorder {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Answer>, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut body = request.into_body();
        let mut frames = Vec::new();
        while let Some(frame) = body.frame().now_or_never().unwrap() {
            frames.push(frame.unwrap().into_data().unwrap());
        }
        let mut attempts = self.0.lock().unwrap();
        attempts.push(frames);
        let (messages, status) = if attempts.len() == 1 { (0, "16") } else { (1, "0") };
        let mut response = Response::new(Answer { messages, status: Some(HeaderValue::from_static(status)) });
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
        ready(Ok(response))
    }
}

/// Empty messages, then trailers.
struct Answer {
    messages: usize,
    status: Option<HeaderValue>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.messages > 0 {
            self.messages -= 1;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 5])))));
        }
        let trailers =
            self.status.take().map(|status| HeaderMap::from_iter([("grpc-status".parse().unwrap(), status)]));
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
    }
}

struct NewToken;

impl Flow for NewToken {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Ok(Credentials::new("new"))
    }
}

/// What was encoded, and what was sent: the addresses of the messages, for each attempt.
struct Observed {
    written: Vec<usize>,
    attempts: Vec<Vec<usize>>,
    recorder: Recorder,
}

async fn observe(method: &'static Method, messages: usize) -> Observed {
    let (written, recorder) = (Written::default(), Recorder::default());
    let authenticator = Authenticator::builder("https://load.example.com")
        .credentials(Credentials::new("revoked"))
        .flow(NewToken)
        .build()
        .unwrap();
    let client = ClientCore::new(authenticator.over(recorder.clone()), &METHODS);
    let requests = tonic::Request::new(stream::iter(vec![(); messages]));
    // A method of any kind can be called so.
    let mut answers = client.bidi_streaming(method, requests, written.clone()).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap();

    let written = written.0.lock().unwrap().clone();
    // tonic's encoder puts as many messages into a frame as fit; each begins with five bytes of its own.
    let addresses = |frames: &Vec<Bytes>| frames.iter().map(|frame| frame.as_ptr() as usize + 5).collect();
    let attempts = recorder.0.lock().unwrap().iter().map(addresses).collect();
    // The answers are still there: what is kept for a replay must be gone without that.
    let observed = Observed { written, attempts, recorder };
    observed.nothing_is_kept();
    drop(answers);
    observed
}

impl Observed {
    fn nothing_is_kept(&self) {
        let mut attempts = self.recorder.0.lock().unwrap();
        attempts.truncate(1);
        for frame in &attempts[0] {
            assert!(frame.is_unique(), "somebody else still holds a message that was answered");
        }
    }
}

async fn check(method: &'static Method, messages: usize) {
    let observed = observe(method, messages).await;
    assert_eq!(observed.written.len(), messages, "each message is encoded once");
    assert_eq!(observed.attempts.len(), 2, "the first attempt was rejected");
    for attempt in &observed.attempts {
        assert_eq!(*attempt, observed.written, "what is sent is what the encoder wrote, where it wrote it");
    }
}

#[tokio::test]
async fn a_message_is_encoded_once_and_sent_twice_from_where_it_was_written() {
    static UNARY: Method = Method::unary("/load.v1.Load/Call");
    static SERVER_STREAMING: Method = Method::server_streaming("/load.v1.Load/Call");
    check(&UNARY, 1).await;
    check(&SERVER_STREAMING, 1).await;
}

#[tokio::test]
async fn a_stream_is_encoded_once_and_sent_twice_from_where_it_was_written() {
    static CLIENT_STREAMING: Method = Method::client_streaming("/load.v1.Load/Call");
    static BIDI_STREAMING: Method = Method::bidi_streaming("/load.v1.Load/Call");
    check(&CLIENT_STREAMING, 2).await;
    check(&BIDI_STREAMING, 2).await;
}

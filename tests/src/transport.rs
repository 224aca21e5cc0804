//! A transport without sockets, for behaviour that depends on single polls or on a paused clock.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_body_util::BodyExt as _;
use tonic::{Code, body::Body};
use tower::Service;

use crate::{
    gate::Gate,
    message::{Deframer, ReceivedMessage},
    mock_body::MockBody,
    peer::{Tokens, bearer},
};

type Answering = Pin<Box<dyn Future<Output = Response<MockBody>> + Send>>;

/// A service that is called in the test's own task. Clones are the same transport.
#[derive(Clone)]
pub struct LocalTransport {
    shared: Arc<Shared>,
}

struct Shared {
    script: Box<dyn Fn(Request<Body>) -> Answering + Send + Sync>,
    seen: Mutex<Vec<Seen>>,
}

/// The head of a request that was sent.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Path, and scheme and authority if the client knows them.
    pub uri: Uri,
    /// All headers.
    pub headers: HeaderMap,
}

impl LocalTransport {
    /// Runs `script` for each request.
    pub fn new<S, F>(script: S) -> Self
    where
        S: Fn(Request<Body>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<MockBody>> + Send + 'static,
    {
        let script = Box::new(move |request| Box::pin(script(request)) as Answering);
        Self { shared: Arc::new(Shared { script, seen: Mutex::default() }) }
    }

    /// Gives the n-th request the n-th answer, without reading the request.
    ///
    /// # Panics
    ///
    /// If there are more requests than answers.
    pub fn answering(answers: impl IntoIterator<Item = Response<MockBody>>) -> Self {
        let answers: Mutex<VecDeque<_>> = Mutex::new(answers.into_iter().collect());
        Self::new(move |_request| {
            let answer = answers.lock().unwrap().pop_front().expect("a request that no answer is scripted for");
            std::future::ready(answer)
        })
    }

    /// Lets in who has one of `tokens`: they get an empty message, everybody else a trailers-only UNAUTHENTICATED.
    pub fn checking(tokens: Tokens) -> Self {
        Self::new(move |request| {
            let admitted = tokens.admit(request.headers(), "authorization");
            std::future::ready(if admitted { message(&()) } else { rejected() })
        })
    }

    /// The same, but whoever is not let in hears so only behind the gate that stood there when the request came.
    pub fn rejecting_behind(gate: &Arc<Mutex<Gate>>, tokens: Tokens) -> Self {
        let gate = gate.clone();
        Self::new(move |request| {
            let gate = gate.lock().unwrap().clone();
            let admitted = tokens.admit(request.headers(), "authorization");
            async move {
                if admitted {
                    return message(&());
                }
                gate.pass().await;
                rejected()
            }
        })
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl std::fmt::Debug for LocalTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalTransport").finish_non_exhaustive()
    }
}

impl Service<Request<Body>> for LocalTransport {
    type Response = Response<MockBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<MockBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let seen = Seen { uri: request.uri().clone(), headers: request.headers().clone() };
        self.shared.seen.lock().unwrap().push(seen);
        let shared = self.shared.clone();
        Box::pin(async move { Ok((shared.script)(request).await) })
    }
}

impl Seen {
    /// The bearer token in the header `authorization`.
    pub fn bearer(&self) -> Option<String> {
        bearer(&self.headers, "authorization")
    }
}

/// A gRPC response with this body.
pub fn response(body: MockBody) -> Response<MockBody> {
    Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

/// A response of something that knows nothing of gRPC.
pub fn page(status: u16, body: MockBody) -> Response<MockBody> {
    Response::builder().status(status).header("content-type", "text/html").body(body).unwrap()
}

/// OK with one message.
pub fn message(message: &impl prost::Message) -> Response<MockBody> {
    response(MockBody::ended(|body| {
        body.message(message).status(Code::Ok);
    }))
}

/// A trailers-only response.
pub fn trailers_only(code: Code, message: &'static str) -> Response<MockBody> {
    let mut response = response(MockBody::empty());
    response.headers_mut().insert("grpc-status", HeaderValue::from(code as i32));
    response.headers_mut().insert("grpc-message", HeaderValue::from_static(message));
    response
}

/// A trailers-only UNAUTHENTICATED.
pub fn rejected() -> Response<MockBody> {
    trailers_only(Code::Unauthenticated, "the token is not valid")
}

/// Headers, then trailers with UNAUTHENTICATED.
pub fn rejected_late() -> Response<MockBody> {
    response(MockBody::ended(|body| {
        body.status(Code::Unauthenticated);
    }))
}

/// A message, and trailers with UNAUTHENTICATED behind it.
pub fn rejected_behind_a_message(message: &impl prost::Message) -> Response<MockBody> {
    response(MockBody::ended(|body| {
        body.message(message).status(Code::Unauthenticated);
    }))
}

/// Reads a request's body to its end, or to its error.
pub async fn read_messages(mut body: Body) -> (Vec<ReceivedMessage>, Option<tonic::Status>) {
    let mut deframer = Deframer::default();
    let mut error = None;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => deframer.push(&frame.into_data().unwrap_or_else(|_| Bytes::new())),
            Err(status) => {
                error = Some(status);
                break;
            }
        }
    }
    (std::iter::from_fn(|| deframer.next_message()).collect(), error)
}

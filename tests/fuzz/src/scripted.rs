//! A gRPC server that answers with what a text says, one part for each attempt:
//!
//! ```text
//! 200
//! content-type: application/grpc
//!
//! message
//! grpc-status: 0
//! ===
//! ```
//!
//! Behind the headers stand the frames: `message` is a whole one, `empty` a frame without bytes, `data ` one of those
//! that follow, `fail` breaks the connection, and everything else is a header of the trailers.

use std::{
    collections::VecDeque,
    future::{Ready, ready},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame};
use tonic::{Status, body::Body};
use tower_service::Service;

use crate::answer;

/// A message of four bytes (field 1 is the text `ok`), uncompressed.
const MESSAGE: &[u8] = b"\0\0\0\0\x04\x0a\x02ok";

/// One frame of an answer.
#[derive(Debug, Clone)]
pub enum Part {
    /// Some of a message, or more than one.
    Data(Bytes),
    /// The end.
    Trailers(HeaderMap),
    /// The connection breaks.
    Failure,
}

/// What a text says, for each attempt.
pub fn parse(text: &[u8]) -> VecDeque<Response<Vec<Part>>> {
    let mut answers = VecDeque::new();
    let mut rest = text;
    while !rest.is_empty() && answers.len() < 4 {
        let end = rest.windows(5).position(|window| window == b"\n===\n");
        let (one, behind) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 5..]));
        answers.push_back(answer::parse(one).map(|body| parts(&body)));
        rest = behind;
    }
    answers
}

fn parts(mut body: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut trailers = Vec::new();
    while !body.is_empty() {
        let (line, rest) = answer::line(body);
        body = rest;
        match line {
            b"message" => parts.push(Part::Data(Bytes::from_static(MESSAGE))),
            b"empty" => parts.push(Part::Data(Bytes::new())),
            b"fail" => parts.push(Part::Failure),
            [b'd', b'a', b't', b'a', b' ', data @ ..] => parts.push(Part::Data(Bytes::copy_from_slice(data))),
            header => trailers.extend([header, b"\n"].concat()),
        }
    }
    let (trailers, _) = answer::headers(&trailers);
    if !trailers.is_empty() {
        parts.push(Part::Trailers(trailers));
    }
    parts
}

/// The transport to the server.
#[derive(Debug, Clone)]
pub struct Server {
    answers: Arc<Mutex<VecDeque<Response<Vec<Part>>>>>,
    requests: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Server {
    /// A server that answers so, and with an empty page to what comes then.
    pub fn new(answers: VecDeque<Response<Vec<Part>>>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers)), requests: Arc::default() }
    }

    /// The headers of each attempt.
    pub fn requests(&self) -> Vec<HeaderMap> {
        self.requests.lock().expect("one thread asks").clone()
    }
}

impl Service<Request<Body>> for Server {
    type Response = Response<Frames>;
    type Error = Status;
    type Future = Ready<Result<Response<Frames>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.requests.lock().expect("one thread asks").push(request.headers().clone());
        let answer = self.answers.lock().expect("one thread asks").pop_front().unwrap_or_default();
        ready(Ok(answer.map(|parts| Frames(parts.into()))))
    }
}

/// The body of an answer.
#[derive(Debug)]
pub struct Frames(VecDeque<Part>);

impl HttpBody for Frames {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Ready(self.0.pop_front().map(|part| match part {
            Part::Data(data) => Ok(Frame::data(data)),
            Part::Trailers(trailers) => Ok(Frame::trailers(trailers)),
            Part::Failure => Err(Status::unavailable("the connection broke")),
        }))
    }
}

//! A transport without a network: what is measured over it is the client's work alone.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body as HttpBody, Frame};
use prost::Message as _;
use tonic::body::Body;
use tower_service::Service;

use crate::load::Payload;

/// Reads each request to its end, as a connection would, and answers with messages made beforehand.
#[derive(Debug, Clone)]
pub struct Canned {
    frame: Bytes,
    messages: u64,
}

impl Canned {
    /// Answers with so many messages of so many bytes.
    pub fn new(bytes: usize, messages: u64) -> Self {
        let payload = Payload { data: vec![b'x'; bytes].into(), count: 0 };
        let mut frame = BytesMut::new();
        frame.put_u8(0);
        frame.put_u32(u32::try_from(payload.encoded_len()).unwrap());
        payload.encode(&mut frame).unwrap();
        Self { frame: frame.freeze(), messages }
    }
}

impl Service<Request<Body>> for Canned {
    type Response = Response<CannedBody>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        let body = CannedBody { frame: self.frame.clone(), left: self.messages, trailers: true };
        Answer { request: request.into_body(), answer: ready(body), status: None }
    }
}

/// The answer, once the request has been read.
#[derive(Debug)]
pub struct Answer {
    request: Body,
    answer: Ready<CannedBody>,
    /// The status of an answer without messages.
    status: Option<HeaderValue>,
}

impl Answer {
    /// Turns the request away.
    pub fn unauthenticated(request: Request<Body>) -> Self {
        let nothing = CannedBody { frame: Bytes::new(), left: 0, trailers: false };
        Self { request: request.into_body(), answer: ready(nothing), status: Some(HeaderValue::from_static("16")) }
    }
}

impl Future for Answer {
    type Output = Result<Response<CannedBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while !self.request.is_end_stream() {
            if std::task::ready!(Pin::new(&mut self.request).poll_frame(cx)).is_none() {
                break;
            }
        }
        Pin::new(&mut self.answer).poll(cx).map(|body| {
            let mut response = Response::new(body);
            response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
            if let Some(status) = self.status.take() {
                response.headers_mut().insert("grpc-status", status);
            }
            Ok(response)
        })
    }
}

/// Messages, then trailers.
#[derive(Debug)]
pub struct CannedBody {
    frame: Bytes,
    left: u64,
    trailers: bool,
}

impl HttpBody for CannedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left > 0 {
            self.left -= 1;
            return Poll::Ready(Some(Ok(Frame::data(self.frame.clone()))));
        }
        Poll::Ready(std::mem::take(&mut self.trailers).then(|| {
            let mut trailers = HeaderMap::with_capacity(1);
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            Ok(Frame::trailers(trailers))
        }))
    }
}

//! What the peer does with one request, as a list of steps.

use base64::Engine as _;
use bytes::Bytes;
use h2::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use tonic::Code;

use crate::{gate::Gate, message};

/// One thing after the other.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Read(usize),
    ReadAll,
    Headers(Response<()>),
    HeadersOnly(Response<()>),
    Data(Bytes),
    Trailers(HeaderMap),
    End,
    Reset(Reason),
    GoAway,
    Abort(Reason),
    Close,
    Pass(Gate),
    OpenWindows(u32),
    UntilReset,
}

/// A scripted answer: the constructors are whole answers or beginnings, the methods add steps.
///
/// Behind the last step the stream is dropped, as a server does that has answered: what the client has not sent by
/// then is refused.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub(super) steps: Vec<Step>,
}

impl Answer {
    /// No steps yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the request, and answers OK with one message.
    pub fn message(message: &impl prost::Message) -> Self {
        Self::new().read_all().headers().and_message(message).status(Code::Ok)
    }

    /// Rejects at once with a trailers-only UNAUTHENTICATED, without waiting for the request's body: what grpc-go's
    /// own HTTP/2 server sends.
    pub fn rejected() -> Self {
        Self::new().trailers_only(Code::Unauthenticated, "the token is not valid")
    }

    /// Rejects with headers and then trailers, without any message: what grpc-go sends under `net/http`.
    pub fn rejected_late() -> Self {
        Self::new().headers().status_with(Code::Unauthenticated, "the token is not valid")
    }

    /// Rejects as a proxy does that knows nothing of gRPC.
    pub fn http(status: u16, content_type: &'static str, body: &'static str) -> Self {
        Self::new().http_headers(status, &[("content-type", content_type)]).data(body).end()
    }

    /// The answer to a request that no test expected.
    pub(super) fn unscripted() -> Self {
        Self::new().trailers_only(Code::Internal, "unscripted request")
    }

    /// Does what the other answer does.
    pub fn and_then(mut self, other: Self) -> Self {
        self.steps.extend(other.steps);
        self
    }

    /// Reads until so many messages have arrived in all.
    pub fn read(self, messages: usize) -> Self {
        self.and(Step::Read(messages))
    }

    /// Reads the request to its end.
    pub fn read_all(self) -> Self {
        self.and(Step::ReadAll)
    }

    /// Sends the headers of a gRPC response.
    pub fn headers(self) -> Self {
        self.headers_with(&[])
    }

    /// Sends the headers of a gRPC response, and these.
    pub fn headers_with(self, headers: &[(&'static str, &str)]) -> Self {
        let grpc = ("content-type", "application/grpc");
        self.http_headers(200, &[&[grpc], headers].concat())
    }

    /// Sends any headers.
    pub fn http_headers(self, status: u16, headers: &[(&'static str, &str)]) -> Self {
        self.and(Step::Headers(head(status, map(headers))))
    }

    /// Sends headers that are all of the response.
    pub fn http_headers_only(self, status: u16, headers: &[(&'static str, &str)]) -> Self {
        self.and(Step::HeadersOnly(head(status, map(headers))))
    }

    /// Sends a trailers-only response.
    pub fn trailers_only(self, code: Code, message: &str) -> Self {
        self.trailers_only_with(code, message, &[])
    }

    /// Sends a trailers-only response with these headers too.
    pub fn trailers_only_with(self, code: Code, message: &str, headers: &[(&'static str, &str)]) -> Self {
        let code = (code as i32).to_string();
        let fixed = [("content-type", "application/grpc"), ("grpc-status", code.as_str()), ("grpc-message", message)];
        self.http_headers_only(200, &[&fixed, headers].concat())
    }

    /// Sends a message.
    pub fn and_message(self, message: &impl prost::Message) -> Self {
        self.data(message::frame(message))
    }

    /// Sends bytes.
    pub fn data(self, bytes: impl Into<Bytes>) -> Self {
        self.and(Step::Data(bytes.into()))
    }

    /// Ends the response with trailers of this status.
    pub fn status(self, code: Code) -> Self {
        self.trailers(&[("grpc-status", &(code as i32).to_string())])
    }

    /// Ends the response with trailers of this status and message.
    pub fn status_with(self, code: Code, message: &str) -> Self {
        self.trailers(&[("grpc-status", &(code as i32).to_string()), ("grpc-message", message)])
    }

    /// Ends the response with these trailers.
    pub fn trailers(self, trailers: &[(&'static str, &str)]) -> Self {
        self.and(Step::Trailers(map(trailers)))
    }

    /// Ends the response without trailers.
    pub fn end(self) -> Self {
        self.and(Step::End)
    }

    /// Resets the stream.
    pub fn reset(self, reason: Reason) -> Self {
        self.and(Step::Reset(reason))
    }

    /// Says GOAWAY on the connection; streams that are open may go on.
    pub fn go_away(self) -> Self {
        self.and(Step::GoAway)
    }

    /// Says GOAWAY with this reason, and closes the connection with all that is open on it.
    pub fn abort(self, reason: Reason) -> Self {
        self.and(Step::Abort(reason))
    }

    /// Closes the connection without a word, once what was said so far is written.
    pub fn close(self) -> Self {
        self.and(Step::Close)
    }

    /// Waits until the gate is opened.
    pub fn pass(self, gate: &Gate) -> Self {
        self.and(Step::Pass(gate.clone()))
    }

    /// Lets the client send so many bytes ahead.
    pub fn open_windows(self, bytes: u32) -> Self {
        self.and(Step::OpenWindows(bytes))
    }

    /// Waits until the client gives the call up.
    pub fn until_reset(self) -> Self {
        self.and(Step::UntilReset)
    }

    fn and(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// What `grpc-status-details-bin` carries for these bytes.
pub fn binary_metadata(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes)
}

fn map(headers: &[(&'static str, &str)]) -> HeaderMap {
    headers.iter().map(|(key, value)| (HeaderName::from_static(key), HeaderValue::from_str(value).unwrap())).collect()
}

/// A response without a body, for headers.
fn head(status: u16, headers: HeaderMap) -> Response<()> {
    let mut response = Response::builder().status(status).body(()).unwrap();
    *response.headers_mut() = headers;
    response
}

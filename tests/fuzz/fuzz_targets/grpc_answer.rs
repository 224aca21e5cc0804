//! What a gRPC server answers, as `fuzz::scripted` has it, behind a line with the kind of the call.
#![no_main]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use auth_runtime::{
    __private::v0_1::{ClientCore, Method},
    AuthError, AuthLayer, Authenticator, Credentials, Flow, FlowContext, MethodTable, Transport,
};
use fuzz::{
    answer::line,
    runtime,
    scripted::{self, Part, Server},
};
use http::{HeaderMap, Response, StatusCode};
use libfuzzer_sys::fuzz_target;
use tonic::{
    Code, Status, Streaming,
    client::Grpc,
    codegen::{
        http::uri::PathAndQuery,
        tokio_stream::{self as stream, Stream, StreamExt as _},
    },
};
use tonic_prost::ProstCodec;
use tower_layer::Layer as _;

const TOKEN: &str = "t0ken-Vm3";

fuzz_target!(|text: &[u8]| {
    let (kind, answers) = line(text);
    let answers = scripted::parse(answers);
    let server = Server::new(answers.clone());
    let flow = Logins::default();
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow.clone());
    let has_token = kind.ends_with(b" again");
    let authenticator = if has_token {
        authenticator.credentials(Credentials::new(format!("{TOKEN}-of-before")))
    } else {
        authenticator
    };
    let authenticator = authenticator.build().expect("the settings are good");
    let (outcome, single) = runtime::run(async {
        let call = call(kind, server.clone(), authenticator);
        tokio::time::timeout(Duration::from_secs(24 * 60 * 60), call).await.expect("the call comes to an end")
    });

    let requests = server.requests();
    let rejected =
        answers.front().is_some_and(|answer| rejects_early(answer) || rejects_late(answer) && is_read(kind, answer));
    assert_eq!(requests.len(), 1 + usize::from(rejected), "the number of attempts");
    // A stream of requests that could outgrow what is kept of it does not find out whether a token is wanted.
    let logs_in_first = !has_token && [&b"uploading"[..], b"exchanging"].contains(&name(kind));
    let logins = usize::from(logs_in_first) + usize::from(rejected);
    assert_eq!(flow.0.load(Ordering::Relaxed), logins, "the number of logins");
    for request in &requests {
        assert!(request.get_all("authorization").iter().count() <= 1, "{request:?}");
    }
    let last = answers.get(requests.len() - 1).cloned().unwrap_or_default();
    if single && let Some(code) = code_in_head(&last) {
        assert_eq!(outcome.as_ref().err().map(Status::code), Some(code), "the server's own code");
    }
    if let Err(status) = outcome
        && !text.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes())
    {
        let shown = format!("{status} {status:?}");
        assert!(!shown.contains(TOKEN), "the token is shown: {shown}");
    }
});

/// Brings another token each time.
#[derive(Default, Clone)]
struct Logins(Arc<AtomicUsize>);

impl Flow for Logins {
    async fn refresh_credentials(&self, _: &FlowContext, _: Option<&Credentials>) -> Result<Credentials, AuthError> {
        Ok(Credentials::new(format!("{TOKEN}-{}", self.0.fetch_add(1, Ordering::Relaxed))))
    }
}

static METHODS: MethodTable = MethodTable::new(&[]);
static UNARY: Method = Method::unary("/example.v1.Calls/Unary");
static STREAMING: Method = Method::server_streaming("/example.v1.Calls/Streaming");
static UPLOADING: Method = Method::client_streaming("/example.v1.Calls/Uploading");
static EXCHANGING: Method = Method::bidi_streaming("/example.v1.Calls/Exchanging");

/// What comes of a call, and whether the caller had the head of the answer that it ended with.
async fn call(kind: &[u8], server: Server, authenticator: Authenticator) -> (Result<(), Status>, bool) {
    let kind = name(kind);
    if kind == b"layered" {
        return (layered(AuthLayer::new(authenticator).layer(server)).await, false);
    }
    let client = ClientCore::new(authenticator.over(server), &METHODS);
    match kind {
        b"streaming" => (read_all(client.server_streaming(&STREAMING, String::new(), codec()).await).await, false),
        b"uploading" => (client.client_streaming(&UPLOADING, messages(), codec()).await.map(drop), true),
        b"exchanging" => (read_all(client.bidi_streaming(&EXCHANGING, messages(), codec()).await).await, false),
        _ => (client.unary(&UNARY, String::new(), codec()).await.map(drop), true),
    }
}

/// The kind without what is said of the credentials.
fn name(kind: &[u8]) -> &[u8] {
    kind.split(|byte| *byte == b' ').next().unwrap_or_default()
}

/// Some that are there, and some that are not yet.
fn messages() -> impl Stream<Item = String> + Send + 'static {
    stream::iter(["one", "two"].map(str::to_owned)).chain(stream::pending())
}

async fn read_all(answer: Result<tonic::Response<Streaming<String>>, Status>) -> Result<(), Status> {
    let mut messages = answer?.into_inner();
    while messages.message().await?.is_some() {}
    Ok(())
}

async fn layered<T: Transport>(transport: T) -> Result<(), Status> {
    let mut client = Grpc::new(transport);
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let path = PathAndQuery::from_static("/example.v1.Calls/Unary");
    client.unary(tonic::Request::new(String::new()), path, codec()).await.map(drop)
}

fn codec() -> ProstCodec<String, String> {
    ProstCodec::default()
}

// === What the answers mean ===

/// Whether an answer's head rejects the credentials: by status 16, or by HTTP 401 from something that is not gRPC.
fn rejects_early(answer: &Response<Vec<Part>>) -> bool {
    let headers = answer.headers();
    if headers.contains_key("grpc-status") {
        return is_unauthenticated(headers);
    }
    answer.status() == StatusCode::UNAUTHORIZED && !lacks_scope(headers)
}

/// Whether its trailers do, behind nothing.
fn rejects_late(answer: &Response<Vec<Part>>) -> bool {
    let headers = answer.headers();
    let has_messages = match headers.get("content-type") {
        Some(given) => is_grpc(given.as_bytes()),
        None => answer.status() == StatusCode::OK,
    };
    let first = answer.body().iter().find(|part| !matches!(part, Part::Data(data) if data.is_empty()));
    let is_late = has_messages && !headers.contains_key("grpc-status");
    is_late && matches!(first, Some(Part::Trailers(trailers)) if is_unauthenticated(trailers))
}

/// Whether a content type is gRPC's, and not that of gRPC-Web.
fn is_grpc(content_type: &[u8]) -> bool {
    let content_type = content_type.to_ascii_lowercase();
    let format = content_type.strip_prefix(b"application/grpc");
    format.is_some_and(|format| format.is_empty() || b"+; ".contains(&format[0]))
}

/// Whether anybody reads what is behind the head. tonic has the head of a stream at once, and reads no further in an
/// encoding that it was not told to read.
fn is_read(kind: &[u8], answer: &Response<Vec<Part>>) -> bool {
    let is_stream = [&b"streaming"[..], b"exchanging", b"layered"].contains(&name(kind));
    !is_stream || answer.headers().get("grpc-encoding").is_none_or(|encoding| encoding == "identity")
}

fn is_unauthenticated(headers: &HeaderMap) -> bool {
    headers.get("grpc-status").is_some_and(|status| status == "16") && !lacks_scope(headers)
}

fn lacks_scope(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all("www-authenticate");
    challenges.iter().any(|challenge| challenge.to_str().is_ok_and(|text| text.contains("insufficient_scope")))
}

/// The code of an answer that ends with its head, unless tonic has one of its own: for a compression that it was not told
/// to read, and for a message that is not UTF-8.
fn code_in_head(answer: &Response<Vec<Part>>) -> Option<Code> {
    let status = answer.headers().get("grpc-status")?;
    let code = Code::from_bytes(status.as_bytes());
    let has_own = ["grpc-encoding", "grpc-message"].iter().any(|name| answer.headers().contains_key(*name));
    (code != Code::Ok && !has_own).then_some(code)
}

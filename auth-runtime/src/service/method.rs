//! What is known about a method before it is called.

use std::sync::OnceLock;

use http::uri::PathAndQuery;
use tonic::GrpcMethod;

/// Which side streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RpcKind {
    Unary,
    ServerStreaming,
    ClientStreaming,
    BidiStreaming,
    /// A client that is not generated, of which only the request can be seen.
    Unknown,
}

impl RpcKind {
    /// Whether the caller gets one message and waits for it anyway, so that a response may be held back until its
    /// first frame has come.
    pub(crate) fn single_response(self) -> bool {
        matches!(self, Self::Unary | Self::ClientStreaming)
    }

    /// Whether the caller sends exactly one message.
    pub(crate) fn single_request(self) -> bool {
        matches!(self, Self::Unary | Self::ServerStreaming)
    }
}

/// One RPC: its path, its kind, its settings. A static in the expanded code, whose initializer the compiler evaluates for
/// each method: so it does nothing, and what can be made of the path is made by the first call.
#[derive(Debug)]
pub struct Method {
    /// `/package.Service/Name`.
    path: &'static str,
    names: OnceLock<Names>,
    pub(crate) kind: RpcKind,
    pub(crate) authenticated: bool,
    pub(crate) replay: bool,
    /// Unless the authenticator's limits say it.
    pub(crate) replay_buffer_bytes: Option<usize>,
}

/// What a path consists of.
#[derive(Debug)]
struct Names {
    path: PathAndQuery,
    service: &'static str,
    name: &'static str,
}

impl Method {
    const fn of(path: &'static str, kind: RpcKind) -> Self {
        Self { path, names: OnceLock::new(), kind, authenticated: true, replay: true, replay_buffer_bytes: None }
    }

    /// For clients whose methods are not known.
    pub(crate) fn unknown() -> &'static Self {
        static UNKNOWN: Method = Method::of("/", RpcKind::Unknown);
        &UNKNOWN
    }

    /// The same settings, for a request whose body need not be what the method is declared to send: bytes that are
    /// passed on may come in any number of frames.
    pub(super) fn of_any_body(&self) -> &'static Self {
        static UNAUTHENTICATED: Method = Method::of("/", RpcKind::Unknown).unauthenticated();
        static NO_REPLAY: Method = Method::of("/", RpcKind::Unknown).no_replay();
        match (self.authenticated, self.replay) {
            (false, _) => &UNAUTHENTICATED,
            (true, false) => &NO_REPLAY,
            (true, true) => Self::unknown(),
        }
    }

    /// Of two opinions on one method, the one that sends less.
    pub(super) fn stricter(&'static self, other: &'static Self) -> &'static Self {
        let leniency =
            |method: &Self| (method.authenticated, method.replay, method.replay_buffer_bytes.unwrap_or(usize::MAX));
        if leniency(other) < leniency(self) { other } else { self }
    }

    pub(super) fn path_str(&self) -> &'static str {
        self.path
    }

    /// One message each way.
    pub const fn unary(path: &'static str) -> Self {
        Self::of(path, RpcKind::Unary)
    }

    /// One request, many responses.
    pub const fn server_streaming(path: &'static str) -> Self {
        Self::of(path, RpcKind::ServerStreaming)
    }

    /// Many requests, one response.
    pub const fn client_streaming(path: &'static str) -> Self {
        Self::of(path, RpcKind::ClientStreaming)
    }

    /// Many messages each way.
    pub const fn bidi_streaming(path: &'static str) -> Self {
        Self::of(path, RpcKind::BidiStreaming)
    }

    /// Never carries credentials, and no response to it causes a login.
    pub const fn unauthenticated(mut self) -> Self {
        self.authenticated = false;
        self
    }

    /// Carries credentials, but is never sent twice. In place of finding out by a rejection whether the server wants
    /// credentials, its calls ask the server's discovery or log in.
    pub const fn no_replay(mut self) -> Self {
        self.replay = false;
        self
    }

    /// How many bytes of the request stream are held for a replay.
    pub const fn replay_buffer_bytes(mut self, bytes: usize) -> Self {
        self.replay_buffer_bytes = Some(bytes);
        self
    }

    /// The path, for a request's URI.
    pub(crate) fn path(&self) -> PathAndQuery {
        self.names().path.clone()
    }

    /// tonic's own mark of a request: service and name.
    pub(crate) fn mark(&self) -> GrpcMethod<'static> {
        let Names { service, name, .. } = *self.names();
        GrpcMethod::new(service, name)
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let (service, name) = self.path.trim_start_matches('/').split_once('/').unwrap_or_default();
            Names { path: PathAndQuery::from_static(self.path), service, name }
        })
    }
}

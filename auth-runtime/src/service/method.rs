//! What is known about a method before it is called.

/// Which side streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RpcKind {
    Unary,
    ServerStreaming,
    ClientStreaming,
    BidiStreaming,
    /// A client without generated twin, of which only the request can be seen.
    Unknown,
}

impl RpcKind {
    /// Whether the caller gets one message and waits for it anyway, so that an answer may be held back until its
    /// first frame has come.
    pub(crate) fn single_response(self) -> bool {
        matches!(self, Self::Unary | Self::ClientStreaming)
    }

    /// Whether the caller sends exactly one message.
    pub(crate) fn single_request(self) -> bool {
        matches!(self, Self::Unary | Self::ServerStreaming)
    }
}

/// The settings of one RPC, as constants in the expanded code.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    pub(crate) kind: RpcKind,
    pub(crate) authenticated: bool,
    pub(crate) replay: bool,
    /// Unless the authenticator's limits say it.
    pub(crate) replay_bound: Option<usize>,
}

impl Method {
    /// For clients whose methods are not known.
    pub(crate) const UNKNOWN: &'static Self = &Self::of(RpcKind::Unknown);

    const fn of(kind: RpcKind) -> Self {
        Self { kind, authenticated: true, replay: true, replay_bound: None }
    }

    /// One message each way.
    pub const fn unary() -> Self {
        Self::of(RpcKind::Unary)
    }

    /// One request, many responses.
    pub const fn server_streaming() -> Self {
        Self::of(RpcKind::ServerStreaming)
    }

    /// Many requests, one response.
    pub const fn client_streaming() -> Self {
        Self::of(RpcKind::ClientStreaming)
    }

    /// Many messages each way.
    pub const fn bidi_streaming() -> Self {
        Self::of(RpcKind::BidiStreaming)
    }

    /// Never carries credentials, and no answer to it causes a login.
    pub const fn unauthenticated(mut self) -> Self {
        self.authenticated = false;
        self
    }

    /// Carries credentials, but is never sent twice.
    pub const fn no_replay(mut self) -> Self {
        self.replay = false;
        self
    }

    /// How many bytes of the request stream are held for a replay.
    pub const fn replay_bound(mut self, bytes: usize) -> Self {
        self.replay_bound = Some(bytes);
        self
    }
}

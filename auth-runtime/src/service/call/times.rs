//! By when a call, or the head of its response, has to be there.

use tokio::time::Instant;

use crate::{
    authenticator::Policy,
    service::{
        deadline::{self, Deadline, GRPC_TIMEOUT},
        method::RpcKind,
        request::SavedHead,
    },
};

/// From the caller's `grpc-timeout`, else from the authenticator's settings. Few calls have any: so it is small.
#[derive(Debug, Default)]
pub(super) struct Times(Option<Box<Set>>);

#[derive(Debug)]
struct Set {
    /// When the whole call must be over. The server is told.
    call: Option<Instant>,
    /// When the head of the response must be there. Nobody is told: the stream may go on.
    head: Option<Instant>,
    /// Whether the caller has not said it to the server.
    ours: bool,
}

impl Times {
    #[inline]
    pub(super) fn of(head: &SavedHead, kind: RpcKind, policy: &Policy) -> Self {
        let callers = head.get(&GRPC_TIMEOUT).and_then(deadline::after);
        if callers.is_none() && policy.call_timeout.is_none() && policy.stream_timeout.is_none() {
            return Self::default();
        }
        let from_now = |timeout| Instant::now().checked_add(timeout);
        let call_timeout = || policy.call_timeout.and_then(from_now);
        Self(Some(Box::new(match callers {
            Some(call) => Set { call: Some(call), head: None, ours: false },
            None if kind.single_response() => Set { call: call_timeout(), head: None, ours: true },
            None => Set { call: policy.stream_timeout.and_then(from_now), head: call_timeout(), ours: true },
        })))
    }

    /// Whether there are any.
    #[inline]
    pub(super) fn are_set(&self) -> bool {
        self.0.is_some()
    }

    /// By when the head of a response must be there.
    pub(super) fn until_head(&self) -> Option<Instant> {
        let set = self.0.as_deref()?;
        match (set.call, set.head) {
            (Some(call), Some(head)) => Some(call.min(head)),
            (call, head) => call.or(head),
        }
    }

    /// The caller has a head: what comes later, also of another attempt, is bounded by the whole call's time alone.
    pub(super) fn head_is_here(&mut self) {
        if let Some(set) = &mut self.0 {
            set.head = None;
        }
    }

    /// What an attempt is to tell the server, unless the caller has said it and it still holds.
    pub(super) fn to_announce(&self, time_has_passed: bool) -> Option<Instant> {
        self.0.as_deref().filter(|set| time_has_passed || set.ours)?.call
    }

    fn of_call(&self) -> Option<Instant> {
        self.0.as_deref()?.call
    }
}

/// What bounds the wait for a response, and then its body.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) until_head: Deadline,
    call: Option<Instant>,
}

impl Bounds {
    #[inline]
    pub(super) fn of(times: &Times) -> Option<Box<Self>> {
        times.until_head().map(|at| Box::new(Self { until_head: Deadline::at(at), call: times.of_call() }))
    }

    /// What bounds the body of a response, to its last trailer.
    pub(super) fn into_deadline_of_body(self) -> Option<Box<Deadline>> {
        // With its timer, which runs already.
        let deadline = |at| if self.until_head.is_at(at) { self.until_head } else { Deadline::at(at) };
        self.call.map(|at| Box::new(deadline(at)))
    }
}

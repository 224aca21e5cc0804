//! One call: what it needs to be sent, and to be sent again.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};
use tokio::time::Instant;
use tonic::body::Body;

use super::{
    classify::{Expectation, Role},
    deadline::{self, GRPC_TIMEOUT},
    head::{self, SavedHead},
    hops::Hops,
    kept::Kept,
    method::Method,
};
use crate::{
    AuthError, Authenticator, Transport,
    flow::PassthroughHeaders,
    net::header::AuthHeader,
    session::{Attachment, Token},
};

const PREVIOUS_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");
pub(crate) const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Everything about a call. In a box: it moves with the answer, whose futures and bodies stay small.
pub(crate) struct Call<T: Transport> {
    pub(crate) transport: T,
    pub(crate) authenticator: Authenticator,
    pub(crate) role: Role,
    pub(crate) method: &'static Method,
    /// A request that could not be sent at once, without credentials. In a box, because few calls have one.
    pub(crate) parked: Option<Box<Request<Body>>>,
    pub(crate) kept: Kept,
    /// What the next attempt carries.
    pub(crate) attachment: Attachment,
    pub(crate) deadline: Option<Instant>,
    /// Whether credentials are this layer's business: not for public methods, and not where the caller brought some.
    pub(crate) tracked: bool,
    /// Whether the caller handed in credentials for this call alone.
    pub(crate) handed_in: bool,
    /// Whether something was waited for before the first attempt.
    pub(crate) waited: bool,
    /// Whether this layer has sent the call again.
    pub(crate) replayed: bool,
    /// Whether the answer will be spliced into a stream that has begun.
    pub(crate) spliced: bool,
    /// How often the call was sent, by all layers.
    pub(crate) attempts: u8,
    /// The credentials of the last attempt; 0 stands for none.
    pub(crate) generation: u64,
    /// How the messages of a stream that has begun are compressed.
    pub(crate) declared_encoding: Option<HeaderValue>,
    /// Whether a layer further out looks after the proxy's answers.
    behind_proxy: bool,
    /// What a second attempt is made of.
    head: SavedHead,
}

impl<T: Transport> Call<T> {
    #[inline]
    pub(crate) fn new(
        transport: T,
        authenticator: Authenticator,
        role: Role,
        method: &'static Method,
        request: &mut Request<Body>,
    ) -> Box<Self> {
        let (mut hops, mut handed_in) = (Hops::default(), false);
        let sole_method = head::sole_method(request.extensions(), method);
        if sole_method.is_none() {
            hops = Hops::take(request.extensions_mut());
            handed_in = role == Role::Server && take_passthrough(request, method);
        }
        let head = SavedHead::of(request, sole_method);
        let tracked = method.authenticated
            && !handed_in
            && !brings_credentials(&head, role, authenticator.policy().header_key.as_ref());
        let deadline = if tracked { head.get(&GRPC_TIMEOUT).and_then(deadline::after) } else { None };
        Box::new(Self {
            transport,
            authenticator,
            role,
            method,
            parked: None,
            kept: Kept::Nothing,
            attachment: Attachment::Anonymous,
            deadline,
            tracked,
            handed_in,
            waited: false,
            replayed: false,
            spliced: false,
            attempts: hops.attempts,
            generation: 0,
            declared_encoding: None,
            behind_proxy: hops.proxy,
            head,
        })
    }

    pub(crate) fn expectation(&self) -> Expectation<'_> {
        Expectation {
            role: self.role,
            policy: self.authenticator.policy(),
            attached: self.generation > 0,
            behind_proxy: self.behind_proxy,
        }
    }

    /// Whether a layer further out looks after the proxy's answers.
    pub(crate) fn behind_proxy(&self) -> bool {
        self.behind_proxy
    }

    /// Where the call goes.
    pub(crate) fn uri(&self) -> &Uri {
        self.head.uri()
    }

    /// Path of the method: its name.
    pub(crate) fn path(&self) -> &str {
        self.uri().path()
    }

    /// Whether credentials may be sent where this call goes.
    pub(crate) fn check_destination(&self) -> Result<(), AuthError> {
        self.authenticator.destination().check(self.uri())
    }

    /// Whether the caller's time is up.
    pub(crate) fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// The server answered, and not with a rejection.
    pub(crate) fn accepted(&self) {
        if self.replayed {
            self.authenticator.session().replayed(self.generation, self.path(), false);
        }
    }

    /// The server rejected the second attempt as well.
    pub(crate) fn rejected_again(&self) {
        self.authenticator.session().replayed(self.generation, self.path(), true);
    }

    /// Whether the call can be sent once more.
    pub(crate) fn may_replay(&self) -> bool {
        self.method.replay
            && !self.replayed
            && self.attempts < self.authenticator.limits().max_attempts
            && self.kept.replayable()
    }

    /// Whether the caller has set this header by hand. Known late where the server publishes the key.
    pub(crate) fn caller_set(&self, header: &AuthHeader) -> bool {
        self.head.get(&header.key).is_some()
    }

    /// Remembers how the messages of a stream that begins are compressed.
    pub(crate) fn declare_encoding(&mut self, response: &HeaderMap) {
        self.declared_encoding = response.get(&ENCODING).filter(|encoding| *encoding != "identity").cloned();
    }

    /// Lets a spliced response come only in the encoding that the first one declared: tonic chose its decoder then.
    pub(crate) fn pin_encoding(&mut self) {
        let declared = self.declared_encoding.clone();
        self.head.set(ACCEPT_ENCODING, declared.unwrap_or_else(|| HeaderValue::from_static("identity")));
    }

    /// Makes the request of the second attempt, the last.
    pub(crate) fn prepare_replay(&mut self, issued: Arc<Token>) {
        self.replayed = true;
        self.attachment = Attachment::Token(issued);
        let body = self.kept.last_attempt();
        self.parked = Some(Box::new(self.head.take(body)));
    }

    /// Sends the next attempt over a transport that is ready.
    #[inline]
    pub(crate) fn send(&mut self, mut request: Request<Body>) -> T::Future {
        if let Attachment::Token(issued) = &self.attachment {
            self.generation = issued.generation;
            request.headers_mut().insert(issued.header.key.clone(), issued.header.value.clone());
        }
        if let (Some(deadline), true) = (self.deadline, self.waited || self.replayed) {
            deadline::rewrite(request.headers_mut(), deadline);
        }
        if self.replayed {
            request.headers_mut().insert(PREVIOUS_ATTEMPTS, HeaderValue::from(u16::from(self.attempts)));
        }
        let looks_after_proxy = self.behind_proxy || self.role == Role::Proxy;
        Hops { attempts: self.attempts, proxy: looks_after_proxy }.put(request.extensions_mut());
        self.attempts = self.attempts.saturating_add(1);
        self.transport.call(request)
    }
}

/// Puts the credentials of this call alone where they belong, if it brings some.
fn take_passthrough(request: &mut Request<Body>, method: &Method) -> bool {
    match request.extensions_mut().remove::<PassthroughHeaders>() {
        Some(headers) if method.authenticated => {
            headers.put(request.headers_mut());
            true
        }
        _ => false,
    }
}

/// Whether the caller attached credentials by hand: then those are used, as they are.
///
/// `authorization` counts beside a key of our own, because a flyteadmin that finds both takes `authorization`. It
/// does not count for a proxy's layer, which has the server's credentials pass through it.
fn brings_credentials(head: &SavedHead, role: Role, key: Option<&HeaderName>) -> bool {
    let sets = |key| head.get(key).is_some();
    (role == Role::Server && sets(&header::AUTHORIZATION)) || key.is_some_and(sets)
}

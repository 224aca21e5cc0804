//! One call: what it needs to be sent, and to be sent again.

use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Request, Uri, Version, header, request};
use tokio::time::Instant;
use tonic::{GrpcMethod, body::Body};

use super::{
    classify::{Expectation, Role},
    deadline,
    hops::Hops,
    kept::Kept,
    method::Method,
};
use crate::{AuthError, Authenticator, flow::PassthroughHeaders, header::AuthHeader, limits, session::Attachment};

const PREVIOUS_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");
pub(crate) const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Everything about a call but the body that is being sent.
pub(crate) struct Call<T> {
    pub(crate) transport: T,
    pub(crate) authenticator: Authenticator,
    pub(crate) role: Role,
    pub(crate) method: &'static Method,
    pub(crate) kept: Kept,
    pub(crate) deadline: Option<Instant>,
    /// Whether credentials are this layer's business: not for public methods, and not where the caller brought some.
    pub(crate) tracked: bool,
    /// Whether the caller handed in credentials for this call alone.
    pub(crate) handed_in: bool,
    /// Whether this layer has sent the call again.
    pub(crate) replayed: bool,
    /// How often the call was sent, by all layers.
    pub(crate) attempts: u8,
    /// The credentials of the last attempt; 0 stands for none.
    pub(crate) generation: u64,
    /// How the messages of a stream that has begun are compressed.
    pub(crate) declared_encoding: Option<HeaderValue>,
    /// Whether a layer further out looks after the proxy's answers.
    behind_proxy: bool,
    /// The request without credentials. Moved into the last attempt.
    head: Option<Head>,
}

/// The head of a request, cheap to copy.
#[derive(Debug)]
struct Head {
    uri: Uri,
    method: http::Method,
    version: Version,
    headers: HeaderMap,
    extensions: SavedExtensions,
}

/// tonic puts one extension on each request of a generated client. Copying that one costs nothing; copying a map of
/// them, three allocations.
#[derive(Debug)]
enum SavedExtensions {
    Method(GrpcMethod<'static>),
    All(Extensions),
}

impl<T> Call<T> {
    pub(crate) fn new(
        transport: T,
        authenticator: Authenticator,
        role: Role,
        method: &'static Method,
        request: Request<Body>,
    ) -> (Self, Body) {
        let (mut parts, body) = request.into_parts();
        let hops = Hops::take(&mut parts.extensions);
        let handed_in = role == Role::Server && take_passthrough(&mut parts, method);
        let tracked = method.authenticated
            && !handed_in
            && !brings_credentials(&parts.headers, role, authenticator.policy().header_key.as_ref());
        let deadline = if tracked { deadline::of(&parts.headers) } else { None };
        let call = Self {
            transport,
            authenticator,
            role,
            method,
            kept: Kept::Nothing,
            deadline,
            tracked,
            handed_in,
            replayed: false,
            attempts: hops.attempts,
            generation: 0,
            declared_encoding: None,
            behind_proxy: hops.proxy,
            head: Some(Head::from(parts)),
        };
        (call, body)
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

    /// Whether tonic's own code made the request, whose bodies may be polled past their end.
    pub(crate) fn by_generated_client(&self) -> bool {
        match self.head.as_ref().map(|head| &head.extensions) {
            Some(SavedExtensions::Method(_)) => true,
            Some(SavedExtensions::All(extensions)) => extensions.get::<GrpcMethod<'static>>().is_some(),
            None => false,
        }
    }

    /// Path of the method, for logs.
    pub(crate) fn path(&self) -> &str {
        self.head.as_ref().map_or("", |head| head.uri.path())
    }

    /// Whether credentials may be sent where this call goes.
    pub(crate) fn check_destination(&self) -> Result<(), AuthError> {
        match &self.head {
            Some(head) => self.authenticator.destination().check(&head.uri),
            None => Ok(()),
        }
    }

    /// Whether the call can be sent once more.
    pub(crate) fn may_replay(&self) -> bool {
        self.method.replay
            && !self.replayed
            && self.head.is_some()
            && self.attempts < limits::MAX_ATTEMPTS
            && self.kept.replayable()
    }

    /// Whether the caller has set this header by hand. Known late where the server publishes the key.
    pub(crate) fn caller_set(&self, header: &AuthHeader) -> bool {
        self.head.as_ref().is_some_and(|head| head.headers.contains_key(&header.key))
    }

    /// Remembers how the messages of a stream that begins are compressed.
    pub(crate) fn declare_encoding(&mut self, response: &HeaderMap) {
        self.declared_encoding = response.get(&ENCODING).filter(|encoding| *encoding != "identity").cloned();
    }

    /// Lets a spliced response come only in the encoding that the first one declared: tonic chose its decoder then.
    pub(crate) fn pin_encoding(&mut self) {
        if let Some(head) = &mut self.head {
            let declared = self.declared_encoding.clone();
            head.headers.insert(ACCEPT_ENCODING, declared.unwrap_or_else(|| HeaderValue::from_static("identity")));
        }
    }

    /// The request of the next attempt.
    pub(crate) fn request(&mut self, attachment: &Attachment, body: Body, waited: bool) -> Option<Request<Body>> {
        let last = self.replayed || !self.tracked || !self.method.replay;
        let head = self.head.take()?;
        if !last {
            self.head = Some(head.copy());
        }
        let mut request = head.into_request(body);
        if let Attachment::Credentials(issued) = attachment {
            self.generation = issued.generation;
            request.headers_mut().insert(issued.header.key.clone(), issued.header.value.clone());
        }
        if let (Some(deadline), true) = (self.deadline, waited || self.replayed) {
            deadline::rewrite(request.headers_mut(), deadline);
        }
        if self.replayed {
            request.headers_mut().insert(PREVIOUS_ATTEMPTS, HeaderValue::from(u16::from(self.attempts)));
        }
        let looks_after_proxy = self.behind_proxy || self.role == Role::Proxy;
        Hops { attempts: self.attempts, proxy: looks_after_proxy }.put(request.extensions_mut());
        self.attempts = self.attempts.saturating_add(1);
        Some(request)
    }
}

/// Puts the credentials of this call alone where they belong, if it brings some.
fn take_passthrough(parts: &mut request::Parts, method: &Method) -> bool {
    match parts.extensions.remove::<PassthroughHeaders>() {
        Some(headers) if method.authenticated => {
            headers.put(&mut parts.headers);
            true
        }
        _ => false,
    }
}

/// Whether the caller attached credentials by hand: then those are used, as they are.
///
/// `authorization` counts beside a key of our own, because a flyteadmin that finds both takes `authorization`. It
/// does not count for a proxy's layer, which has the server's credentials pass through it.
fn brings_credentials(headers: &HeaderMap, role: Role, key: Option<&HeaderName>) -> bool {
    if role == Role::Server && headers.contains_key(header::AUTHORIZATION) {
        return true;
    }
    key.is_some_and(|key| headers.contains_key(key))
}

impl Head {
    fn copy(&self) -> Self {
        Self {
            uri: self.uri.clone(),
            method: self.method.clone(),
            version: self.version,
            headers: self.headers.clone(),
            extensions: self.extensions.copy(),
        }
    }

    fn into_request(self, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.uri_mut() = self.uri;
        *request.method_mut() = self.method;
        *request.version_mut() = self.version;
        *request.headers_mut() = self.headers;
        match self.extensions {
            SavedExtensions::Method(method) => {
                request.extensions_mut().insert(method);
            }
            SavedExtensions::All(extensions) => *request.extensions_mut() = extensions,
        }
        request
    }
}

impl From<request::Parts> for Head {
    fn from(parts: request::Parts) -> Self {
        Self {
            uri: parts.uri,
            method: parts.method,
            version: parts.version,
            headers: parts.headers,
            extensions: SavedExtensions::All(parts.extensions),
        }
    }
}

impl SavedExtensions {
    fn copy(&self) -> Self {
        match self {
            Self::Method(method) => Self::Method(method.clone()),
            Self::All(extensions) => match extensions.get::<GrpcMethod<'static>>() {
                Some(method) if extensions.len() == 1 => Self::Method(method.clone()),
                _ => Self::All(extensions.clone()),
            },
        }
    }
}

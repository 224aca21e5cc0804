//! How a call is made of its request.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Request};
use tonic::{GrpcMethod, Status, body::Body};

use super::{Call, Known};
use crate::{
    Authenticator, Transport,
    service::{
        call::{
            attempt_info::AttemptInfo,
            auth::{self, Bearer, CallAuth},
            times::Times,
            unprocessed::TransparentRetries,
        },
        method::{Method, RpcKind},
        request::{ReplayableBody, SavedHead, sole_method},
        response::Role,
    },
    session::Attachment,
};

/// What a call's request says of how it is to be treated.
struct Standing {
    bearer: Bearer,
    info: AttemptInfo,
    replay: bool,
}

impl<T: Transport> Call<T> {
    /// The call of a request, whose body it takes as far as it can without waiting: ready, if that is all.
    #[inline]
    pub(in crate::service::call) fn new(
        transport: T,
        authenticator: Authenticator,
        known: Known,
        request: &mut Request<Body>,
        cx: &mut Context<'_>,
    ) -> (Box<Self>, Poll<()>) {
        let Known { role, method, generated, .. } = known;
        let (mut info, mut wanted, mut handed_in) = (AttemptInfo::default(), None, false);
        // Of an authenticated client the only extension is tonic's.
        let head = if generated && request.extensions().len() == 1 {
            SavedHead::of_generated(request, method)
        } else {
            let sole_method = sole_method(request.extensions(), method);
            if sole_method.is_none() {
                info = AttemptInfo::take(request.extensions_mut());
                wanted = CallAuth::of(request, role);
                handed_in = role == Role::Server && auth::take_passthrough(request, method);
            }
            SavedHead::of(request, sole_method)
        };
        let policy = authenticator.policy();
        let bearer = Bearer::of(&head, role, method, wanted, handed_in, policy.header_key.as_ref());
        let (body, drained) = match poll_drain(method, &authenticator, request, cx) {
            Poll::Ready(body) => (body, Poll::Ready(())),
            Poll::Pending => (ReplayableBody::Nothing, Poll::Pending),
        };
        let replay = method.replay && wanted != Some(CallAuth::NoReplay);
        let mut call = Self::made_of(transport, authenticator, known, head, body, Standing { bearer, info, replay });
        if drained.is_ready() {
            call.body_is_kept();
        }
        (call, drained)
    }

    /// The call of an authenticated client with one message, encoded, which fails as the encoder did; and its request.
    /// The caller has put nothing on it but headers.
    #[inline]
    pub(in crate::service::call) fn of_message(
        transport: T,
        authenticator: Authenticator,
        known: Known,
        headers: HeaderMap,
        message: Result<Bytes, Status>,
    ) -> (Box<Self>, Request<Body>) {
        let Known { role, method, .. } = known;
        let head = SavedHead::of_message(headers, method);
        let bearer = Bearer::of(&head, role, method, None, false, authenticator.policy().header_key.as_ref());
        let (body, sent) = ReplayableBody::of_message(message);
        let request = head.request(sent);
        let standing = Standing { bearer, info: AttemptInfo::default(), replay: method.replay };
        let mut call = Self::made_of(transport, authenticator, known, head, body, standing);
        call.body_is_kept();
        (call, request)
    }

    #[inline(always)]
    fn made_of(
        transport: T,
        authenticator: Authenticator,
        known: Known,
        head: SavedHead,
        body: ReplayableBody,
        Standing { bearer, info, replay }: Standing,
    ) -> Box<Self> {
        let Known { role, method, index_token, .. } = known;
        let times = Times::of(&head, method.kind, authenticator.policy());
        // Made where it stays: a call is large.
        Box::write(
            Box::new_uninit(),
            Self {
                transport,
                authenticator,
                role,
                method,
                bearer,
                times,
                body,
                head,
                attachment: Attachment::Anonymous,
                generation: 0,
                attempts: info.attempts,
                retries: TransparentRetries::default(),
                replay,
                waited: false,
                replayed: false,
                behind_proxy: info.proxy,
                index_token,
                declared_encoding: None,
            },
        )
    }

    /// Takes the request's message out of its body, before anything else can happen to it.
    pub(in crate::service::call) fn poll_drain(
        &mut self,
        request: &mut Request<Body>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.body = ready!(poll_drain(self.method, &self.authenticator, request, cx));
        self.body_is_kept();
        Poll::Ready(())
    }

    #[inline]
    fn body_is_kept(&mut self) {
        if matches!(self.body, ReplayableBody::Nothing) && self.is_tracked() {
            // The body yields an error: the caller gets that, and credentials have nothing to do with it.
            self.bearer = Bearer::Caller;
        }
    }
}

/// What is kept of a request's body, in whose place stands what is sent.
#[inline]
fn poll_drain(
    method: &Method,
    authenticator: &Authenticator,
    request: &mut Request<Body>,
    cx: &mut Context<'_>,
) -> Poll<ReplayableBody> {
    let kind = method.kind;
    if kind.single_request() {
        return ReplayableBody::poll_drain(request.body_mut(), cx);
    }
    let fused = request.extensions().get::<GrpcMethod<'static>>().is_some();
    let capacity = method.replay_buffer_bytes.unwrap_or_else(|| authenticator.limits().replay_buffer_bytes);
    // Of a stream nothing is taken in advance that may not be held.
    let enough = if kind == RpcKind::Unknown { usize::MAX } else { capacity };
    Poll::Ready(ReplayableBody::probe(request.body_mut(), capacity, enough, fused, cx))
}

//! One call: what it needs to be sent, and to be sent again.

mod made;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tonic::{Status, body::Body, codegen::StdError};

use super::{
    attempt_info::AttemptInfo,
    auth::Bearer,
    not_replayed::NotReplayed,
    times::Times,
    unprocessed::{TransparentRetries, Unprocessed},
};
use crate::{
    AuthError, Authenticator, Transport,
    net::header::AuthHeader,
    service::{
        deadline,
        method::Method,
        request::{Detach, ReplayableBody, SavedHead},
        response::{ClassifyContext, ENCODING, Role, TrailersClassifier, in_words_of_grpc},
    },
    session::{Attachment, Token},
};

const PREVIOUS_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Everything about a call. In a box: it moves with the response, whose futures and bodies stay small.
pub(super) struct Call<T: Transport> {
    pub(super) transport: T,
    pub(super) authenticator: Authenticator,
    pub(super) role: Role,
    pub(super) method: &'static Method,
    pub(super) bearer: Bearer,
    pub(super) times: Times,
    /// What was sent.
    pub(super) body: ReplayableBody,
    pub(super) head: SavedHead,
    /// What the next attempt carries.
    attachment: Attachment,
    /// The credentials of the last attempt; 0 stands for none.
    pub(super) generation: u64,
    /// How often the call was sent, by all layers.
    pub(super) attempts: u8,
    pub(super) retries: TransparentRetries,
    /// Whether the call may be sent again with other credentials, as far as its method and its caller say.
    replay: bool,
    /// Whether something was waited for before the first attempt.
    pub(super) waited: bool,
    /// Whether this layer has sent the call again with other credentials.
    pub(super) replayed: bool,
    /// Whether a layer further out looks after the proxy's responses.
    pub(super) behind_proxy: bool,
    /// Whether the channel carries nobody else's credentials, so that HTTP/2 may index these.
    index_token: bool,
    /// How the messages of a stream that has begun are compressed.
    declared_encoding: Option<Box<HeaderValue>>,
}

/// How a call gets its credentials.
pub(super) enum Attach {
    /// They are there.
    Now(Attachment),
    /// They have to be waited for.
    Wait,
    /// They must not be sent, or there are none and nothing is to be waited for.
    Refuse(Status),
}

/// What is known of a call before its request is looked at.
#[derive(Debug, Clone, Copy)]
pub(in crate::service) struct Known {
    /// Whose credentials it is about.
    pub(in crate::service) role: Role,
    pub(in crate::service) method: &'static Method,
    /// Whether an authenticated client made the request.
    pub(in crate::service) generated: bool,
    /// Whether the channel carries nobody else's credentials, so that HTTP/2 may index these.
    pub(in crate::service) index_token: bool,
}

impl Known {
    /// A call that a proxy's layer sees.
    pub(in crate::service) fn by_proxy() -> Self {
        Self { role: Role::Proxy, method: Method::unknown(), generated: false, index_token: false }
    }
}

impl<T: Transport> Call<T> {
    /// What the first attempt is to carry.
    #[inline]
    pub(super) fn attach(&mut self) -> Attach {
        let session = self.authenticator.session();
        let ready = match self.bearer {
            Bearer::Caller => return Attach::Now(Attachment::Anonymous),
            Bearer::HandedIn => {
                return match self.check_destination() {
                    Ok(()) => Attach::Now(Attachment::Anonymous),
                    Err(error) => Attach::Refuse(error.into_status()),
                };
            }
            Bearer::SessionWithoutLogin => session.no_login_attachment(),
            Bearer::Session => session.ready_attachment(),
        };
        match ready {
            Some(Attachment::Anonymous) if self.bearer == Bearer::Session && self.has_one_attempt() => Attach::Wait,
            Some(Attachment::Anonymous) => Attach::Now(Attachment::Anonymous),
            // Before a login, not only before the token goes out: it would be in vain.
            ready => match (self.check_destination(), ready) {
                (Err(error), _) => Attach::Refuse(error.into_status()),
                (Ok(()), Some(attachment)) => Attach::Now(attachment),
                (Ok(()), None) if self.bearer == Bearer::Session => Attach::Wait,
                (Ok(()), None) => Attach::Refuse(Status::unauthenticated(
                    "there are no credentials, and this call does not wait for a login (CallAuth::NoLogin)",
                )),
            },
        }
    }

    /// Whether a rejection may be the end of it. Such a call does not find out by one whether the server wants
    /// credentials.
    pub(super) fn has_one_attempt(&self) -> bool {
        !self.replay || self.body.may_outgrow()
    }

    /// Settles what the next attempt carries.
    #[inline]
    pub(super) fn carry(&mut self, attachment: Attachment) {
        self.attachment = match attachment {
            // The caller's own header wins, also where its key was learnt from the server only now.
            Attachment::Token(token) if self.caller_set(&token.header) => {
                self.bearer = Bearer::Caller;
                Attachment::Anonymous
            }
            attachment => attachment,
        };
    }

    /// Whether credentials are this layer's business: not for public methods, and not where the caller brought some.
    pub(super) fn is_tracked(&self) -> bool {
        matches!(self.bearer, Bearer::Session | Bearer::SessionWithoutLogin)
    }

    /// Whether the caller has set this header by hand. Known late where the server publishes the key.
    pub(super) fn caller_set(&self, header: &AuthHeader) -> bool {
        self.head.get(&header.key).is_some()
    }

    pub(super) fn context(&self) -> ClassifyContext<'_> {
        ClassifyContext {
            role: self.role,
            policy: self.authenticator.policy(),
            attached: self.generation > 0,
            behind_proxy: self.behind_proxy,
        }
    }

    /// Path of the method: its name.
    pub(super) fn path(&self) -> &str {
        self.head.path()
    }

    /// Whether credentials may be sent where this call goes.
    #[inline]
    pub(super) fn check_destination(&self) -> Result<(), AuthError> {
        let destination = self.authenticator.destination();
        match self.head.uri() {
            Some(uri) => destination.check(uri),
            None => destination.check_own(),
        }
    }

    /// Whether a rejection is the caller's business alone: nobody logs in for such a call, not even in the background.
    pub(super) fn is_without_login(&self) -> bool {
        self.bearer == Bearer::SessionWithoutLogin
    }

    /// Whether the call can be sent once more with other credentials.
    pub(super) fn may_replay(&self) -> Result<(), NotReplayed> {
        if self.replayed {
            Err(NotReplayed::RejectedAgain)
        } else if !self.replay {
            Err(NotReplayed::Forbidden)
        } else if self.attempts >= self.authenticator.limits().max_attempts {
            Err(NotReplayed::Exhausted)
        } else if !self.body.is_whole() {
            Err(NotReplayed::Outgrown)
        } else {
            Ok(())
        }
    }

    /// The server responded, and not with a rejection.
    #[inline]
    pub(super) fn accepted(&self) {
        let session = self.authenticator.session();
        if self.replayed {
            session.replayed(self.generation, self.path(), false);
        } else if self.generation == 0 && self.is_tracked() {
            session.anonymous_accepted();
        }
    }

    /// The server rejected the call, which is not sent again.
    pub(super) fn rejected(&self, not_replayed: NotReplayed) {
        match not_replayed {
            NotReplayed::RejectedAgain => {
                self.authenticator.session().replayed(self.generation, self.path(), true);
            }
            _ => self.authenticator.session().mark_rejected(self.generation, Some(self.path())),
        }
    }

    /// Remembers how the messages of a stream that begins are compressed.
    pub(super) fn declare_encoding(&mut self, response: &HeaderMap) {
        let encoding = response.get(&ENCODING).filter(|encoding| *encoding != "identity");
        self.declared_encoding = encoding.cloned().map(Box::new);
    }

    /// Lets a spliced response come only in the encoding that the first one declared: tonic chose its decoder then.
    pub(super) fn pin_encoding(&mut self) {
        let declared = self.declared_encoding.as_deref().cloned();
        self.head.set(ACCEPT_ENCODING, declared.unwrap_or_else(|| HeaderValue::from_static("identity")));
    }

    /// Whether a spliced response is compressed otherwise than the first. Uncompressed messages can always be read: each
    /// says so itself.
    pub(super) fn is_encoded_otherwise(&self, response: &HeaderMap) -> bool {
        response
            .get(&ENCODING)
            .is_some_and(|encoding| *encoding != "identity" && Some(encoding) != self.declared_encoding.as_deref())
    }

    /// The request of an attempt after the first.
    pub(super) fn next_request(&self) -> Request<Body> {
        self.head.request(self.body.attempt())
    }

    /// The request of the attempt with new credentials.
    pub(super) fn replay_with(&mut self, token: Arc<Token>) -> Request<Body> {
        tracing::debug!(method = self.path(), "sending the call again with new credentials");
        self.replayed = true;
        // For the server it is another call.
        self.retries = TransparentRetries::default();
        self.attachment = Attachment::Token(token);
        self.authenticator.session().replaying();
        self.next_request()
    }

    /// Puts on the request of the next attempt what is this attempt's own.
    #[inline]
    pub(super) fn prepare(&mut self, request: &mut Request<Body>) {
        // With a proxy's layer further out, the channel is not this authenticator's alone.
        let index_token = self.index_token && !self.behind_proxy;
        if let Attachment::Token(token) = &self.attachment {
            self.generation = token.generation;
            request.headers_mut().insert(token.header.key.clone(), token.header.value_to_send(index_token));
        }
        if let Some(at) = self.times.to_announce(self.waited || self.attempts > 0) {
            deadline::rewrite(request.headers_mut(), at);
        }
        if index_token && self.times.are_set() {
            deadline::keep_unindexed(request.headers_mut());
        }
        if self.replayed {
            request.headers_mut().insert(PREVIOUS_ATTEMPTS, HeaderValue::from(u16::from(self.attempts)));
        }
        let looks_after_proxy = self.behind_proxy || self.role == Role::Proxy;
        AttemptInfo { attempts: self.attempts, proxy: looks_after_proxy }.put(request.extensions_mut());
        self.attempts = self.attempts.saturating_add(1);
    }

    /// The request of another attempt, where the server provably did not process the one that was lost: it counts neither
    /// as an attempt nor as a replay, and holds for methods that are never replayed.
    ///
    /// # Errors
    ///
    /// The error of the attempt, where another might make the server act twice, or where there were enough.
    pub(super) fn repeat_if_unprocessed(&mut self, error: StdError) -> Result<Request<Body>, StdError> {
        match Unprocessed::proven_by(&*error) {
            Some(unprocessed) if self.body.is_whole() && self.retries.allow(unprocessed) => {
                tracing::debug!(method = self.path(), ?unprocessed, "sending the call again, which nobody processed");
                self.attempts = self.attempts.saturating_sub(1);
                self.body.fence(Detach::Reset);
                Ok(self.next_request())
            }
            _ => Err(in_words_of_grpc(error)),
        }
    }

    /// What is left when a message was delivered.
    #[inline]
    pub(super) fn classifier(&self) -> TrailersClassifier {
        let (role, generation) = (self.role, self.generation);
        TrailersClassifier { authenticator: self.authenticator.clone(), role, generation }
    }
}

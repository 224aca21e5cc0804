//! How calls are made, and which responses count as rejections.

use std::time::Duration;

use tonic::Status;

use super::AuthenticatorBuilder;

impl AuthenticatorBuilder {
    /// Whether PERMISSION_DENIED counts as a rejection for a call that went out without credentials, as Istio answers
    /// it. Never for a call that carried some: those it says no to for good.
    pub fn login_on_permission_denied(mut self, login_on_permission_denied: bool) -> Self {
        self.policy.login_on_permission_denied = login_on_permission_denied;
        self
    }

    /// Further statuses that count as a rejection, for servers that do not say UNAUTHENTICATED.
    ///
    /// The call is sent again after such a response: choose only statuses with which the server promises not to have
    /// acted. UNKNOWN is no such status.
    pub fn retry_on(mut self, rejects: impl Fn(&Status) -> bool + Send + Sync + 'static) -> Self {
        self.policy.retry_on = Some(Box::new(rejects));
        self
    }

    /// A deadline for calls that bring none of their own (`grpc-timeout`); there is none by default.
    ///
    /// It bounds the whole of a call with one response, login and replay included, and is sent to the server as
    /// `grpc-timeout`. Of a call with a stream of responses it bounds the time until the response begins, login and
    /// replay included, and is not sent: how long the stream may take is [`stream_timeout`](Self::stream_timeout).
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.policy.call_timeout = Some(timeout);
        self
    }

    /// A deadline for calls with a stream of responses that bring none of their own, from the call to the last
    /// response; there is none by default. It is sent to the server as `grpc-timeout`.
    pub fn stream_timeout(mut self, timeout: Duration) -> Self {
        self.policy.stream_timeout = Some(timeout);
        self
    }

    /// Whether HTTP/2 may send the token once for many calls: from the second call of a connection on, a reference of a
    /// few bytes stands for it. That saves what 1.5 KiB of token cost each call. Off by default; on for connections that
    /// `auth_runtime::flyte` makes.
    ///
    /// It holds where all of this does. Elsewhere each call carries the token, marked as a header that nobody may index:
    ///
    /// - The channel is one that this authenticator connected (`connect` and its kin, not [`over`](crate::Authenticator::over)),
    ///   without a [proxy's credentials](crate::AuthenticatedChannel::with_proxy) on it.
    /// - The header key is another than `authorization`, which the HTTP/2 beneath never indexes.
    /// - The token is a bearer token of 32 characters or more.
    ///
    /// # Security
    ///
    /// Whoever puts headers of their own onto the same connection and sees how long requests become can tell whether a guess
    /// is all of a value that is in HTTP/2's table (RFC 7541 section 7.1). Values that nobody guesses are safe from that, and
    /// a bearer token of 32 characters is one. Section 7.1.3 therefore leaves the choice to the encoder; grpc-go and
    /// grpc-java index tokens.
    ///
    /// Put no other authenticator over [`anonymous`](crate::AuthenticatedChannel::anonymous) of such a channel: two
    /// parties would share its table.
    pub fn index_token(mut self, index_token: bool) -> Self {
        self.policy.index_token = index_token;
        self
    }

    /// The largest message, in bytes, that authenticated clients accept: 4 MiB by default, as for tonic. A client's own
    /// `max_decoding_message_size` wins.
    #[doc(alias = "maxMessageSizeBytes")]
    pub fn max_decoding_message_size(mut self, bytes: usize) -> Self {
        self.policy.max_decoding_message_size = Some(bytes);
        self
    }
}

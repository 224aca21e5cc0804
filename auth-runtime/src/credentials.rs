//! What a login brings: tokens, and how long they last.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

/// An access token and what came with it.
///
/// Tokens are zeroized when the last clone is dropped and never appear in `Debug`.
///
/// ```
/// use std::time::Duration;
/// use auth_runtime::Credentials;
///
/// let credentials = Credentials::new("access-token")
///     .with_refresh_token("refresh-token")
///     .with_expires_in(Duration::from_secs(3600));
/// assert!(!format!("{credentials:?}").contains("access-token"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    id_token: Option<SecretString>,
    token_type: Option<Box<str>>,
    header_key: Option<Box<str>>,
    for_endpoint: Option<String>,
    issuer: Option<String>,
    token_endpoint: Option<String>,
    another_programs: bool,
    lifetime: Lifetime,
}

/// How a token's end was given.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Lifetime {
    /// Not given: the token lasts until a server rejects it.
    #[default]
    Unknown,
    /// A duration, counted from the start of the request that brought the token.
    For { expires_in: Duration, requested_at: Option<Instant> },
    /// A point of wall time: what stores keep.
    Until(SystemTime),
}

impl Credentials {
    /// Credentials of an access token that lasts until it is rejected.
    ///
    /// The token is checked when it is first used: an empty one, or one that cannot stand in a header, is an error
    /// then and nothing is sent.
    #[doc(alias = "access_token")]
    pub fn new(access_token: impl Into<String>) -> Self {
        Self {
            access_token: SecretString::from(access_token.into()),
            refresh_token: None,
            id_token: None,
            token_type: None,
            header_key: None,
            for_endpoint: None,
            issuer: None,
            token_endpoint: None,
            another_programs: false,
            lifetime: Lifetime::Unknown,
        }
    }

    /// Credentials of a token that stands in its header alone, without `Bearer` in front of it.
    ///
    /// etcd wants its tokens like that, in the header `token`:
    ///
    /// ```
    /// use auth_runtime::{AuthError, Credentials, Flow, FlowContext};
    ///
    /// # struct AuthClient;
    /// # impl AuthClient { async fn authenticate(&self) -> Result<String, AuthError> { Ok("token".to_owned()) } }
    /// struct EtcdLogin(AuthClient);
    ///
    /// impl Flow for EtcdLogin {
    ///     async fn refresh_credentials(
    ///         &self,
    ///         _context: &FlowContext,
    ///         _previous: Option<&Credentials>,
    ///     ) -> Result<Credentials, AuthError> {
    ///         let token = self.0.authenticate().await?;
    ///         Ok(Credentials::raw(token).with_header_key("token"))
    ///     }
    /// }
    /// ```
    pub fn raw(access_token: impl Into<String>) -> Self {
        Self::new(access_token).with_token_type("")
    }

    /// Adds the refresh token (RFC 6749 section 1.5).
    #[must_use]
    pub fn with_refresh_token(mut self, refresh_token: impl Into<String>) -> Self {
        self.refresh_token = Some(SecretString::from(refresh_token.into()));
        self
    }

    /// Adds the OpenID Connect id token.
    #[must_use]
    pub fn with_id_token(mut self, id_token: impl Into<String>) -> Self {
        self.id_token = Some(SecretString::from(id_token.into()));
        self
    }

    /// Sets the lifetime (`expires_in`, RFC 6749 section 5.1).
    ///
    /// It counts from the moment the flow was asked for credentials, which is a little early and therefore safe. A
    /// flow that waits for a person before it asks for the token uses
    /// [`with_expires_in_since`](Self::with_expires_in_since).
    #[must_use]
    pub fn with_expires_in(mut self, expires_in: Duration) -> Self {
        self.lifetime = Lifetime::For { expires_in, requested_at: None };
        self
    }

    /// Sets the lifetime, counted from when the token request was sent.
    #[must_use]
    pub fn with_expires_in_since(mut self, expires_in: Duration, requested_at: Instant) -> Self {
        self.lifetime = Lifetime::For { expires_in, requested_at: Some(requested_at) };
        self
    }

    /// Sets the end of the lifetime in wall time, as stores keep it.
    #[must_use]
    pub fn with_expires_at(mut self, expires_at: SystemTime) -> Self {
        self.lifetime = Lifetime::Until(expires_at);
        self
    }

    /// Sets the scheme in front of the token in the header. `Bearer` by default (RFC 6750 section 2.1); with an empty one,
    /// the token stands alone, as with [`raw`](Self::raw).
    #[must_use]
    pub fn with_token_type(mut self, token_type: impl Into<String>) -> Self {
        self.token_type = Some(token_type.into().into_boxed_str());
        self
    }

    /// Names the header that these credentials belong in, unless the authenticator was given one.
    #[must_use]
    pub fn with_header_key(mut self, header_key: impl Into<String>) -> Self {
        self.header_key = Some(header_key.into().into_boxed_str());
        self
    }

    /// Names the endpoint that the credentials are for.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.for_endpoint = Some(endpoint.into());
        self
    }

    /// Names the issuer of the tokens: their refresh token is sent to no other provider.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Names the token endpoint that issued the tokens: where no issuer is known, their refresh token is sent to no other.
    #[must_use]
    pub fn with_token_endpoint(mut self, token_endpoint: impl Into<String>) -> Self {
        self.token_endpoint = Some(token_endpoint.into());
        self
    }

    /// The access token.
    pub fn access_token(&self) -> &SecretString {
        &self.access_token
    }

    /// The refresh token, if the provider issued one.
    pub fn refresh_token(&self) -> Option<&SecretString> {
        self.refresh_token.as_ref()
    }

    /// The id token, if the provider issued one.
    pub fn id_token(&self) -> Option<&SecretString> {
        self.id_token.as_ref()
    }

    /// The scheme in front of the token, if it is not the default.
    pub fn token_type(&self) -> Option<&str> {
        self.token_type.as_deref()
    }

    /// The header these credentials ask for.
    pub fn header_key(&self) -> Option<&str> {
        self.header_key.as_deref()
    }

    /// The endpoint that the credentials are for.
    #[doc(alias = "for_endpoint")]
    pub fn endpoint(&self) -> Option<&str> {
        self.for_endpoint.as_deref()
    }

    /// The issuer of the tokens, where it speaks for itself or was set by the user.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The token endpoint that issued the tokens.
    pub fn token_endpoint(&self) -> Option<&str> {
        self.token_endpoint.as_deref()
    }

    /// The lifetime as it was given, if it was given as a duration.
    pub fn expires_in(&self) -> Option<Duration> {
        match self.lifetime {
            Lifetime::For { expires_in, .. } => Some(expires_in),
            Lifetime::Unknown | Lifetime::Until(_) => None,
        }
    }

    /// The end of the lifetime in wall time. Set on all credentials that an
    /// [`Authenticator`](crate::Authenticator) hands out, unless the provider gave no lifetime.
    pub fn expires_at(&self) -> Option<SystemTime> {
        match self.lifetime {
            Lifetime::Until(expires_at) => Some(expires_at),
            Lifetime::Unknown | Lifetime::For { .. } => None,
        }
    }

    /// Whether both hold the same access token and the same refresh token, whatever else came with them.
    pub fn same_tokens(&self, other: &Self) -> bool {
        self.same_access_token(other) && self.same_refresh_token(other)
    }

    pub(crate) fn same_refresh_token(&self, other: &Self) -> bool {
        let [one, other] = [self, other].map(|of| of.refresh_token.as_ref().map(|token| token.expose_secret()));
        one == other
    }

    /// Credentials of a login that another program has made, and goes on with.
    #[cfg(all(feature = "flyte", feature = "keyring"))]
    pub(crate) fn of_another_program(mut self) -> Self {
        self.another_programs = true;
        self
    }

    pub(crate) fn is_another_programs(&self) -> bool {
        self.another_programs
    }

    /// The same, got in place of `previous`. With the refresh token of another program's login they are still of that login.
    pub(crate) fn in_place_of(mut self, previous: Option<&Self>) -> Self {
        self.another_programs |= self.refresh_token.is_some()
            && previous.is_some_and(|previous| previous.another_programs && previous.same_refresh_token(&self));
        self
    }

    /// The same with another token in the place of the access token, which has an end of its own.
    #[cfg(feature = "oauth")]
    pub(crate) fn in_place_of_access_token(mut self, token: String, end: Option<SystemTime>) -> Self {
        self.access_token = SecretString::from(token);
        self.lifetime = end.map_or(Lifetime::Unknown, Lifetime::Until);
        self
    }

    /// What is left of credentials whose access token is another login's: enough for new ones.
    #[cfg(all(feature = "flyte", feature = "keyring"))]
    pub(crate) fn without_access_token(mut self) -> Self {
        self.access_token = SecretString::default();
        self.lifetime = Lifetime::Unknown;
        self
    }

    #[cfg(all(feature = "flyte", feature = "keyring"))]
    pub(crate) fn without_id_token(mut self) -> Self {
        self.id_token = None;
        self
    }

    /// The same, whose lifetime counts from `requested_at` unless the flow said from when.
    pub(crate) fn requested_at(mut self, at: Instant) -> Self {
        if let Lifetime::For { requested_at, .. } = &mut self.lifetime {
            requested_at.get_or_insert(at);
        }
        self
    }

    pub(crate) fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// Whether both would put the same token on the wire.
    pub(crate) fn same_access_token(&self, other: &Self) -> bool {
        self.access_token.expose_secret() == other.access_token.expose_secret()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present = |secret: &Option<SecretString>| secret.as_ref().map(|_| "[redacted]");
        f.debug_struct("Credentials")
            .field("access_token", &"[redacted]")
            .field("refresh_token", &present(&self.refresh_token))
            .field("id_token", &present(&self.id_token))
            .field("token_type", &self.token_type)
            .field("header_key", &self.header_key)
            .field("for_endpoint", &self.for_endpoint)
            .field("issuer", &self.issuer)
            .field("token_endpoint", &self.token_endpoint)
            .field("lifetime", &self.lifetime)
            .finish()
    }
}

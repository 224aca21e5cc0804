//! The authenticated channel: a transport and its authenticator.

use std::{
    fmt,
    task::{Context, Poll},
};

use http::{Request, Response};
#[cfg(feature = "transport")]
use tonic::transport::Channel;
use tonic::{body::Body, codegen::StdError};
use tower_service::Service;

use super::{
    SingleCall,
    anonymous::{AnonymousBody, AnonymousChannel},
    call::{Known, ResponseFuture},
    method::Method,
    methods::{MethodTable, Methods},
    response::{ResponseBody, Role},
};
use crate::{AuthError, Authenticator, Transport};

/// A channel whose calls carry credentials, and are sent once more after a refresh where the server rejected them.
///
/// [`Authenticator::connect`] makes one, and so do `connect_lazy`, `connect_with`, `connect_with_connector`, and
/// [`over`](Authenticator::over) for a transport of one's own. Any tonic client works over it, generated or not: it is
/// a service of tower.
///
/// ```
/// use auth_runtime::{Authenticator, flow::StaticToken};
///
/// # #[tokio::main] async fn main() -> Result<(), auth_runtime::AuthError> {
/// let channel = Authenticator::builder("https://flyte.example.com")
///     .flow(StaticToken::new("token")) // nothing is contacted yet
///     .build()?
///     .connect_lazy()?;
/// // AuthenticatedAdminServiceClient::new(channel.clone()), and over the same session
/// // HealthClient::new(channel)
/// # Ok(()) }
/// ```
///
/// # What a method is allowed
///
/// That a method is public, is never sent twice, or keeps so many bytes for a replay is said in the build script, and
/// is in the generated module's table (`ADMIN_SERVICE_METHODS` beside `AdminServiceClient`). The generated authenticated client brings it along: once one exists
/// over this channel or a clone of it, other clients of the same service are held to it too. Where none is made, give
/// the channel the table with [`methods`](Self::methods). Calls to paths of which no table was given carry
/// credentials and are sent again after a rejection.
///
/// # Clone
///
/// Clones share session and method tables. A clone costs what a clone of the transport costs, and two reference counts.
#[derive(Clone)]
#[doc(alias = "AuthService")]
pub struct AuthenticatedChannel<#[cfg(feature = "transport")] T = Channel, #[cfg(not(feature = "transport"))] T> {
    transport: AnonymousChannel<T>,
    authenticator: Authenticator,
    methods: Methods,
    /// Whether it was connected for this authenticator, and carries no other's credentials.
    sole: bool,
}

// === impl AuthenticatedChannel ===

impl<T> AuthenticatedChannel<T> {
    pub(crate) fn new(transport: AnonymousChannel<T>, authenticator: Authenticator) -> Self {
        Self { transport, authenticator, methods: Methods::default(), sole: false }
    }

    /// Over a transport that was connected for this authenticator.
    #[cfg(feature = "transport")]
    pub(crate) fn connected(transport: AnonymousChannel<T>, authenticator: Authenticator) -> Self {
        let sole = !transport.is_proxied();
        Self { sole, ..Self::new(transport, authenticator) }
    }

    /// Whether HTTP/2 may keep the token in its table.
    fn indexes_token(&self) -> bool {
        self.sole && self.authenticator.policy().index_token
    }

    /// The session behind it: to log in or out, and for the same credentials elsewhere.
    pub fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// With the credentials of a proxy in front of the server, such as an identity-aware proxy, on each call: see
    /// [`ProxyAuthLayer`](crate::ProxyAuthLayer).
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) where the proxy's authenticator is for
    /// another endpoint: its credentials would go where they do not belong.
    pub fn with_proxy(mut self, proxy: Authenticator) -> Result<Self, AuthError> {
        if !self.authenticator.destination().is_same_as(proxy.destination()) {
            let (server, proxy) = (self.authenticator.endpoint(), proxy.endpoint());
            return Err(AuthError::configuration(
                "endpoint",
                format!(
                    "the proxy's credentials are for {proxy}, and the channel leads to {server}; build them for the \
                         server's endpoint"
                ),
            ));
        }
        self.transport = self.transport.with_proxy(proxy);
        self.sole = false;
        Ok(self)
    }

    /// Puts the endpoint's scheme and authority on requests that have none, for transports that need them: tonic's
    /// channel adds its own.
    #[must_use]
    pub fn with_origin(mut self) -> Self {
        let (scheme, authority) = self.authenticator.destination().parts();
        self.transport = self.transport.with_origin(scheme.clone(), authority.clone());
        self
    }

    /// Holds the clients of this channel and of its clones to a table of a generated module, whichever client they
    /// are. Generated authenticated clients do this themselves.
    ///
    /// Where two tables name the same method, the stricter setting holds.
    #[must_use]
    pub fn methods(self, table: &'static MethodTable) -> Self {
        self.methods.register(table);
        self
    }

    pub(crate) fn register(&self, table: &'static MethodTable) {
        self.methods.register(table);
    }
}

impl<T: Clone> AuthenticatedChannel<T> {
    /// The channel without the server's credentials, for calls that are to carry none.
    pub fn anonymous(&self) -> AnonymousChannel<T> {
        self.transport.clone()
    }

    /// What one call of a method that is known is made with.
    #[inline]
    pub(crate) fn single_call(&self, method: &'static Method) -> SingleCall<AnonymousChannel<T>> {
        SingleCall::new(&self.transport, &self.authenticator, method, self.indexes_token())
    }
}

/// Always ready: a token is fetched before the transport is asked for a permit, so that a login that takes its time
/// holds up nobody else.
impl<T: Transport> Service<Request<Body>> for AuthenticatedChannel<T> {
    type Response = Response<ResponseBody<AnonymousBody<T::ResponseBody>>>;
    type Error = StdError;
    type Future = ResponseFuture<AnonymousChannel<T>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = self.methods.of(&request);
        let (transport, authenticator) = (self.transport.clone(), self.authenticator.clone());
        let known = Known { role: Role::Server, method, generated: false, index_token: self.indexes_token() };
        ResponseFuture::new(transport, authenticator, known, request)
    }
}

impl<T> fmt::Debug for AuthenticatedChannel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatedChannel")
            .field("authenticator", &self.authenticator)
            .field("proxied", &self.transport.is_proxied())
            .finish_non_exhaustive()
    }
}

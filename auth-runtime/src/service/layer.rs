//! The layer that puts credentials over any transport.

use tower_layer::Layer;

use super::{AuthService, method::Method, response::Role};
use crate::Authenticator;

/// A tower layer that attaches credentials and replays rejected calls (flytekit's `AuthUnaryInterceptor`, for all
/// four kinds of RPC).
///
/// Generated twins have it built in. Alone it serves any tonic client:
///
/// ```
/// use auth_runtime::{AuthLayer, Authenticator, flow::StaticToken};
/// use tower_layer::Layer as _;
///
/// # #[tokio::main] async fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com").flow(StaticToken::new("token")).build()?;
/// let transport = AuthLayer::new(authenticator.clone()).layer(authenticator.connect_lazy()?);
/// // AdminServiceClient::new(transport)
/// # Ok(()) }
/// ```
///
/// Without a twin the kind of an RPC is not known: the response to a late rejection is then always spliced into the
/// stream of the first answer, so that even a unary call's initial metadata is the first attempt's.
#[derive(Debug, Clone)]
#[doc(alias = "AuthUnaryInterceptor")]
pub struct AuthLayer {
    authenticator: Authenticator,
    role: Role,
}

impl AuthLayer {
    /// For the credentials of the gRPC server.
    pub fn new(authenticator: Authenticator) -> Self {
        Self { authenticator, role: Role::Server }
    }

    /// For the credentials of a proxy in front of the server, such as an identity-aware proxy: build its
    /// authenticator with `.header_key("proxy-authorization")`.
    ///
    /// Only HTTP 401 and 407 without a gRPC status count as the proxy's rejection. It may stand on either side of the
    /// server's layer; the two send one call at most three times.
    pub fn proxy(authenticator: Authenticator) -> Self {
        Self { authenticator, role: Role::Proxy }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, transport: S) -> AuthService<S> {
        AuthService { transport, authenticator: self.authenticator.clone(), role: self.role, method: Method::unknown() }
    }
}

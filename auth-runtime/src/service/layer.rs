//! The authenticated channel as a layer of tower.

use tower_layer::Layer;

use super::channel::AuthenticatedChannel;
use crate::Authenticator;

/// [`Authenticator::over`] as a layer of tower (flytekit's `AuthUnaryInterceptor`, for all four kinds of RPC).
///
/// ```
/// use auth_runtime::{AuthLayer, Authenticator, flow::StaticToken};
/// use tower_layer::Layer as _;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let authenticator = Authenticator::builder("https://flyte.example.com").flow(StaticToken::new("token")).build()?;
/// # let transport = tonic::transport::Endpoint::from_static("https://flyte.example.com").connect_lazy();
/// let channel = AuthLayer::new(authenticator).layer(transport);
/// // AdminServiceClient::new(channel)
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "AuthUnaryInterceptor")]
pub struct AuthLayer {
    authenticator: Authenticator,
}

impl AuthLayer {
    /// For the credentials of the gRPC server.
    pub fn new(authenticator: Authenticator) -> Self {
        Self { authenticator }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthenticatedChannel<S>;

    fn layer(&self, transport: S) -> AuthenticatedChannel<S> {
        self.authenticator.over(transport)
    }
}

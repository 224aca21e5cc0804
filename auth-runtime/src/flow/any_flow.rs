//! A flow whose type is known at run time only.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use super::{ErasedFlow, Flow, FlowContext};
use crate::{AuthError, Credentials, store::StoreKey};

/// Any [`Flow`] as one type: for settings that choose one at run time, and for a flow that several authenticators share.
///
/// Clones are the same flow. It does as the flow within it in all respects; each login costs one allocation more.
///
/// ```
/// use auth_runtime::{Authenticator, flow::{AnyFlow, ClientCredentials, StaticToken}};
///
/// struct Settings {
///     flow: AnyFlow,
/// }
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let settings = match std::env::var("GREETER_TOKEN") {
///     Ok(token) => Settings { flow: AnyFlow::new(StaticToken::new(token)) },
///     Err(_) => Settings { flow: AnyFlow::new(ClientCredentials::secret_from_env("greeter", "GREETER_SECRET")) },
/// };
/// let authenticator = Authenticator::builder("https://greeter.example.com").flow(settings.flow).build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct AnyFlow {
    flow: Arc<dyn ErasedFlow>,
}

impl AnyFlow {
    /// The flow without its type.
    pub fn new(flow: impl Flow) -> Self {
        Self { flow: Arc::new(flow) }
    }
}

impl Flow for AnyFlow {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        self.flow.refresh_credentials(context, previous).await
    }

    async fn revoke(&self, context: &FlowContext, credentials: &Credentials) -> Result<(), AuthError> {
        self.flow.revoke(context, credentials).await
    }

    fn timeout(&self) -> Duration {
        self.flow.timeout()
    }

    fn login_first(&self) -> bool {
        self.flow.login_first()
    }

    fn name(&self) -> Cow<'static, str> {
        self.flow.name()
    }

    fn client_id(&self) -> Option<&str> {
        self.flow.client_id()
    }

    fn store_key(&self, endpoint: &str) -> StoreKey {
        self.flow.store_key(endpoint)
    }

    fn persistent(&self) -> bool {
        self.flow.persistent()
    }
}

impl fmt::Debug for AnyFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyFlow").field("name", &self.flow.name()).finish_non_exhaustive()
    }
}

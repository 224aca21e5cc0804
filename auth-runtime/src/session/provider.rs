//! Where a session gets credentials from: discovery, then the flow.

use std::sync::Arc;

use tokio::sync::OnceCell;

#[cfg(feature = "oauth")]
use crate::Authenticator;
use crate::{
    AuthError, Credentials, FlowContext, ServerDetails, Verify, authenticator::ErasedDiscovery, flow::ErasedFlow,
    prompt::Asking,
};

/// All that a login needs and that does not change during a session.
pub(crate) struct Provider {
    pub(crate) endpoint: Arc<str>,
    pub(crate) flow: Option<Box<dyn ErasedFlow>>,
    pub(crate) discovery: Option<Box<dyn ErasedDiscovery>>,
    pub(crate) details: OnceCell<Arc<ServerDetails>>,
    /// The key that was configured: it wins over every other.
    pub(crate) header_key: Option<String>,
    pub(crate) http_proxy: Option<Arc<str>>,
    pub(crate) verify: Verify,
    pub(crate) allow_plaintext: bool,
    pub(crate) asking: Asking,
    /// For a proxy before the identity provider.
    #[cfg(feature = "oauth")]
    pub(crate) proxy_credentials: Option<Authenticator>,
}

impl Provider {
    /// One login or refresh, bounded in time.
    pub(crate) async fn refresh(&self, previous: Option<&Credentials>) -> Result<Credentials, AuthError> {
        let flow = self.flow.as_ref().ok_or(AuthError::NoFlow)?;
        let attempt = async {
            let context = FlowContext::new(
                Arc::clone(&self.endpoint),
                self.details().await?,
                self.http_proxy.clone(),
                self.verify.clone(),
                self.allow_plaintext,
            )
            .asking(self.asking.clone());
            #[cfg(feature = "oauth")]
            let context = context.with_proxy_credentials(self.proxy_credentials.clone());
            flow.refresh_credentials(&context, previous).await
        };
        let bound = flow.time_out();
        match tokio::time::timeout(bound, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(AuthError::TimedOut { operation: "the login", after: bound }),
        }
    }

    /// Asks once; only a success is kept.
    async fn details(&self) -> Result<Arc<ServerDetails>, AuthError> {
        let ask = || async {
            match &self.discovery {
                Some(discovery) => discovery.discover().await.map(Arc::new),
                None => Ok(Arc::default()),
            }
        };
        self.details.get_or_try_init(ask).await.cloned()
    }

    /// The header that credentials go into: configured, else their own, else the server's, else the default.
    pub(crate) fn header_key<'a>(&'a self, credentials: &'a Credentials) -> &'a str {
        let published = || self.details.get().and_then(|details| details.header_key.as_deref());
        self.header_key.as_deref().or(credentials.header_key()).or_else(published).unwrap_or_default()
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

//! From settings to an authenticator: what cannot work is refused here, before anybody is contacted.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::{super::Inner, AuthenticatorBuilder};
use crate::{
    AuthError, Authenticator, Verify,
    limits::Limits,
    net::{destination::Destination, header},
    session::{CredentialSource, RevokedRefreshTokens, Session, SessionStore},
    store::ErasedStore,
};
#[cfg(feature = "oauth")]
use crate::{discovery::ProviderMemory, flow::ProviderSettings};

impl AuthenticatorBuilder {
    /// Checks the settings and builds the authenticator.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for an endpoint, a header key, limits or a keep-alive interval
    /// that cannot work, and for a flow that is worth keeping and has no name to keep it by;
    /// [`AuthErrorKind::InvalidResponse`](crate::AuthErrorKind::InvalidResponse) for initial credentials that no header can carry.
    pub fn build(mut self) -> Result<Authenticator, AuthError> {
        self.limits.check()?;
        #[cfg(feature = "transport")]
        self.connection.check()?;
        let destination = Destination::parse(&self.endpoint, self.allow_plaintext)?;
        self.policy.header_key = self.header_key.as_deref().map(header::parse_key).transpose()?;
        self.check_flow()?;
        self.warn_of_unverified(&destination);

        let limits = Arc::new(self.limits.clone());
        let endpoint: Arc<str> = destination.origin().into();
        let login_first = self.login_first.unwrap_or_else(|| self.flow.as_ref().is_some_and(|flow| flow.login_first()));
        let store: Option<Arc<dyn ErasedStore>> = self.store.take().map(Arc::from);
        let session_store = self.session_store(store.as_ref(), &endpoint, &limits);
        #[cfg(feature = "oauth")]
        let provider = ProviderSettings {
            memory: Some(ProviderMemory::new(store, self.notes, &endpoint, limits.store_timeout)),
            ..self.provider
        };
        let source = CredentialSource {
            endpoint,
            flow: self.flow,
            store: session_store,
            revoked: RevokedRefreshTokens::default(),
            discovery: self.discovery,
            details: OnceCell::new(),
            header_key: self.header_key,
            http_proxy: self.http_proxy.map(Into::into),
            verify: self.verify,
            allow_plaintext: self.allow_plaintext,
            interactivity: self.interactivity,
            limits: Arc::clone(&limits),
            #[cfg(feature = "oauth")]
            provider,
        };
        let session = Session::new(source, self.clock, self.credentials, login_first)?;
        let inner = Inner {
            destination,
            session,
            policy: self.policy,
            limits,
            #[cfg(feature = "transport")]
            connection: self.connection,
        };
        Ok(Authenticator { inner: Arc::new(inner) })
    }

    fn check_flow(&self) -> Result<(), AuthError> {
        match &self.flow {
            Some(flow) if flow.persistent() && flow.name().is_empty() => Err(AuthError::configuration(
                "flow",
                "it is persistent but has no name, so its stored credentials could be another's; implement Flow::name",
            )),
            _ => Ok(()),
        }
    }

    fn warn_of_unverified(&self, destination: &Destination) {
        if self.verify != Verify::InsecureSkip {
            return;
        }
        let origin = destination.origin();
        match self.announced_elsewhere {
            true => tracing::debug!("certificates are not verified: {origin}"),
            false => tracing::warn!("certificates are not verified, so that anybody can pass for: {origin}"),
        }
    }

    /// The flow's entry in the store, if its credentials are worth keeping.
    fn session_store(
        &self,
        store: Option<&Arc<dyn ErasedStore>>,
        endpoint: &str,
        limits: &Arc<Limits>,
    ) -> Option<Arc<SessionStore>> {
        let (store, flow) = store.zip(self.flow.as_deref().filter(|flow| flow.persistent()))?;
        let key = flow.store_key(endpoint);
        #[cfg(feature = "oauth")]
        let key = key.or_issuer(self.provider.issuer.as_deref());
        Some(Arc::new(SessionStore::new(Arc::clone(store), key, Arc::clone(limits))))
    }
}

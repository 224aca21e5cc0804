//! What logins have in common in which a person takes part: a login that asks somebody, and refreshes until the provider
//! wants to see them again.

use std::{future::Future, time::Duration};

use super::{ClientSettings, refresh::refresh, revocation::revoke};
use crate::{AuthError, Credentials, FlowContext, discovery::EndpointKind, limits};

/// Their flow in the key of what is stored. In the browser or on another device: it is the same person's login through
/// the same client, and the refresh token that came of one is refreshed by the other.
pub(super) const STORED_AS: &str = "person";

/// The settings of any of them.
#[derive(Debug, Clone)]
pub(super) struct PersonalLogin {
    pub(super) client: ClientSettings,
    pub(super) timeout: Duration,
}

impl Default for PersonalLogin {
    fn default() -> Self {
        Self { client: ClientSettings::public(), timeout: limits::INTERACTIVE_LOGIN_TIMEOUT }
    }
}

/// What each of them has of its own.
pub(super) trait PersonalGrant: Sync {
    const NAME: &'static str;
    /// The endpoints that the login goes through.
    const NEEDED: &'static [EndpointKind];

    fn login(&self) -> &PersonalLogin;

    /// Asks the person.
    fn log_in(&self, context: &FlowContext) -> impl Future<Output = Result<Credentials, AuthError>> + Send;
}

/// [`Flow::refresh_credentials`](crate::Flow::refresh_credentials).
pub(super) async fn refresh_or_log_in(
    grant: &impl PersonalGrant,
    context: &FlowContext,
    previous: Option<&Credentials>,
) -> Result<Credentials, AuthError> {
    let client = &grant.login().client;
    let outcome = match previous.filter(|previous| previous.refresh_token().is_some()) {
        Some(previous) => refresh(client, context, previous).await,
        None => grant.log_in(context).await,
    };
    outcome.map_err(|error| client.explained(error, context))
}

/// [`Flow::revoke`](crate::Flow::revoke).
pub(super) async fn revoke_login<G: PersonalGrant>(
    grant: &G,
    context: &FlowContext,
    credentials: &Credentials,
) -> Result<(), AuthError> {
    revoke(&grant.login().client, G::NEEDED, context, credentials).await
}

/// [`Flow`](crate::Flow) for a grant: a macro, as a trait for all of them would be one for users' own flows as well.
macro_rules! personal_flow {
    ($grant:ident) => {
        impl $crate::Flow for $grant {
            async fn refresh_credentials(
                &self,
                context: &$crate::FlowContext,
                previous: Option<&$crate::Credentials>,
            ) -> Result<$crate::Credentials, $crate::AuthError> {
                $crate::flow::oauth::personal::refresh_or_log_in(self, context, previous).await
            }

            async fn revoke(
                &self,
                context: &$crate::FlowContext,
                credentials: &$crate::Credentials,
            ) -> Result<(), $crate::AuthError> {
                $crate::flow::oauth::personal::revoke_login(self, context, credentials).await
            }

            fn timeout(&self) -> std::time::Duration {
                self.login.timeout
            }

            fn name(&self) -> std::borrow::Cow<'static, str> {
                <Self as $crate::flow::oauth::personal::PersonalGrant>::NAME.into()
            }

            fn client_id(&self) -> Option<&str> {
                self.login.client.id.as_deref()
            }

            fn store_key(&self, endpoint: &str) -> $crate::store::StoreKey {
                self.login.client.store_key(endpoint, $crate::flow::oauth::personal::STORED_AS.into())
            }

            fn persistent(&self) -> bool {
                true
            }
        }
    };
}

pub(super) use personal_flow;

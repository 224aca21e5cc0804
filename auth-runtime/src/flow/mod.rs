//! Ways to get credentials.
//!
//! A flow is one method: old credentials in, new credentials out. Single flight, expiry, back-off and headers are the
//! session's work, so a flow of your own has all of them:
//!
//! ```
//! use auth_runtime::{AuthError, Credentials, Flow, FlowContext};
//!
//! struct Vault;
//!
//! impl Flow for Vault {
//!     async fn refresh_credentials(
//!         &self,
//!         _context: &FlowContext,
//!         _previous: Option<&Credentials>,
//!     ) -> Result<Credentials, AuthError> {
//!         Ok(Credentials::new("a token from the vault"))
//!     }
//! }
//! ```
//!
//! A flow around another one, for example to count its logins, hands on all methods of the trait, those with a default as
//! well: which entry of a store is whose hangs on them. [`AnyFlow`] is one of them.

mod any_flow;
#[cfg(feature = "command")]
mod command;
mod context;
#[cfg(feature = "oauth")]
pub(crate) mod oauth;
mod passthrough;
mod static_token;

use std::{borrow::Cow, future::Future, pin::Pin, time::Duration};

pub use any_flow::AnyFlow;
#[cfg(feature = "command")]
pub use command::Command;
pub use context::FlowContext;
#[cfg(feature = "oauth")]
pub(crate) use context::ProviderSettings;
#[cfg(feature = "oauth")]
pub use oauth::{ClientAuthentication, ClientCredentials, DeviceCode, Pkce};
pub use passthrough::{Passthrough, PassthroughHeaders};
pub use static_token::StaticToken;

use crate::{AuthError, Credentials, limits, store::StoreKey};

/// A way to get credentials. The [module](self) has an example.
pub trait Flow: Send + Sync + 'static {
    /// Gets new credentials; `previous` are the ones that expired or were rejected, if there were any.
    ///
    /// Never called twice at the same time for one authenticator, and not cancelled when a caller gives up: it runs on
    /// a task of its own, until it ends or [`timeout`](Self::timeout) is over.
    ///
    /// A call that it makes with the same authenticator carries the current credentials while they are valid, and fails
    /// otherwise: it would wait for the login that makes it. Calls that need none go over
    /// [`anonymous`](crate::AuthenticatedChannel::anonymous) of the channel.
    ///
    /// # Errors
    ///
    /// Say with [`AuthError::transient`] or [`AuthError::permanent`] whether another attempt may help: calls fail with
    /// UNAVAILABLE or UNAUTHENTICATED accordingly. After a transient one, calls wait for another attempt first, as long
    /// as their deadline allows or for a few seconds without one, unless a person was [asked](FlowContext::prompt).
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the timeout is over, with the last authenticator, and by a
    /// [logout](crate::Authenticator::logout). The next attempt begins anew, but for a logout with the same `previous`, so
    /// what a provider takes only once must not be lost in between.
    fn refresh_credentials(
        &self,
        context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> impl Future<Output = Result<Credentials, AuthError>> + Send;

    /// Tells whoever issued the credentials that they are not used any more, as far as that is possible: what
    /// [`logout`](crate::Authenticator::logout) asks for. Nothing by default.
    ///
    /// # Errors
    ///
    /// Why nobody was told. It is logged, and the logout stands.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped with the logout, and when that has waited for ten seconds.
    fn revoke(
        &self,
        context: &FlowContext,
        credentials: &Credentials,
    ) -> impl Future<Output = Result<(), AuthError>> + Send {
        let _ = (context, credentials);
        async { Ok(()) }
    }

    /// How long one attempt may take: 60 seconds unless a person takes part.
    fn timeout(&self) -> Duration {
        limits::MACHINE_LOGIN_TIMEOUT
    }

    /// Whether the first call should already carry credentials, instead of being sent anonymous to see whether the server
    /// wants any. For flows that cost nothing; `login_first` of the authenticator's builder overrules it.
    fn login_first(&self) -> bool {
        false
    }

    /// What kind of login this is, for stored credentials: those of another name are another entry. A
    /// [persistent](Self::persistent) flow must have a name, and no two kinds of login the same.
    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("")
    }

    /// The client that logs in, where it is set locally; stored credentials of another are another entry.
    fn client_id(&self) -> Option<&str> {
        None
    }

    /// Whose stored credentials are this flow's at an endpoint. A flow with settings that change what its credentials are
    /// good for, such as scopes, adds them to the key: with others set, other credentials are used.
    fn store_key(&self, endpoint: &str) -> StoreKey {
        StoreKey::new(endpoint, self.client_id().unwrap_or_default(), self.name())
    }

    /// Whether the credentials are worth keeping in a [store](crate::AuthenticatorBuilder::store), because it takes a
    /// person to get new ones. Such a flow must have a [name](Self::name).
    fn persistent(&self) -> bool {
        false
    }
}

type BoxedRevocation<'a> = Pin<Box<dyn Future<Output = Result<(), AuthError>> + Send + 'a>>;
type BoxedRefresh<'a> = Pin<Box<dyn Future<Output = Result<Credentials, AuthError>> + Send + 'a>>;

/// [`Flow`] without its type.
pub(crate) trait ErasedFlow: Send + Sync {
    fn refresh_credentials<'a>(
        &'a self,
        context: &'a FlowContext,
        previous: Option<&'a Credentials>,
    ) -> BoxedRefresh<'a>;

    fn revoke<'a>(&'a self, context: &'a FlowContext, credentials: &'a Credentials) -> BoxedRevocation<'a>;

    fn timeout(&self) -> Duration;

    fn login_first(&self) -> bool;

    fn name(&self) -> Cow<'static, str>;

    fn client_id(&self) -> Option<&str>;

    fn store_key(&self, endpoint: &str) -> StoreKey;

    fn persistent(&self) -> bool;
}

impl<F: Flow> ErasedFlow for F {
    fn refresh_credentials<'a>(
        &'a self,
        context: &'a FlowContext,
        previous: Option<&'a Credentials>,
    ) -> BoxedRefresh<'a> {
        Box::pin(Flow::refresh_credentials(self, context, previous))
    }

    fn revoke<'a>(&'a self, context: &'a FlowContext, credentials: &'a Credentials) -> BoxedRevocation<'a> {
        Box::pin(Flow::revoke(self, context, credentials))
    }

    fn timeout(&self) -> Duration {
        Flow::timeout(self)
    }

    fn login_first(&self) -> bool {
        Flow::login_first(self)
    }

    fn name(&self) -> Cow<'static, str> {
        Flow::name(self)
    }

    fn client_id(&self) -> Option<&str> {
        Flow::client_id(self)
    }

    fn store_key(&self, endpoint: &str) -> StoreKey {
        Flow::store_key(self, endpoint)
    }

    fn persistent(&self) -> bool {
        Flow::persistent(self)
    }
}

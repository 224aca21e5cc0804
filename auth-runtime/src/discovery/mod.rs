//! What a server says about logging in to it.
//!
//! Decisions about whom to believe belong here, and nowhere else.

#[cfg(feature = "oauth")]
mod binding;
#[cfg(feature = "oauth")]
mod endpoints;
#[cfg(feature = "oauth")]
mod fetch;
#[cfg(feature = "oauth")]
mod issuer_check;
#[cfg(feature = "oauth")]
mod issuer_metadata;
#[cfg(feature = "oauth")]
mod login_terms;
#[cfg(feature = "oauth")]
mod memory;
#[cfg(feature = "oauth")]
mod origin;
#[cfg(feature = "oauth")]
mod provider;
#[cfg(feature = "oauth")]
mod reach;
#[cfg(feature = "oauth")]
mod revocation;
#[cfg(feature = "oauth")]
mod sent_tokens;
mod server_details;
#[cfg(feature = "oauth")]
mod trust;

use std::{future::Future, pin::Pin};

#[cfg(fuzzing)]
pub(crate) use self::login_terms::ChangedTerm;
pub use self::server_details::ServerDetails;
#[cfg(feature = "oauth")]
pub(crate) use self::{
    binding::{IssuedBy, claims},
    endpoints::{EndpointKind, Endpoints, SettingNames},
    issuer_check::IssuerCheck,
    login_terms::LoginTerms,
    memory::ProviderMemory,
    provider::{LocalProvider, MetadataCache, Provider, ProviderSearch},
    reach::ProviderEndpoint,
    trust::Reason,
};
use crate::AuthError;

/// Where an [`Authenticator`](crate::Authenticator) learns how to log in.
///
/// Asked once, before the first login, and never through the authenticator's own credentials. A success is kept; a
/// failure is not: the next login asks again.
///
/// ```
/// use auth_runtime::{AuthError, Discovery, ServerDetails};
///
/// /// What an administrator wrote down for everybody.
/// struct WrittenDown;
///
/// impl Discovery for WrittenDown {
///     async fn discover(&self) -> Result<ServerDetails, AuthError> {
///         Ok(ServerDetails::new()
///             .with_token_endpoint("https://login.example.com/oauth2/token")
///             .with_scopes(["all"]))
///     }
/// }
/// ```
pub trait Discovery: Send + Sync + 'static {
    /// Asks the server. Empty details mean that the server says nothing, which is no error; where it is known to want
    /// no credentials, that is [`ServerDetails::without_authentication`], which is asked anew each time.
    ///
    /// # Errors
    ///
    /// Why the server could not be asked. The login fails with it.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the login's timeout ends it. The next login asks anew.
    fn discover(&self) -> impl Future<Output = Result<ServerDetails, AuthError>> + Send;
}

/// [`Discovery`] without its type.
pub(crate) trait ErasedDiscovery: Send + Sync {
    fn discover(&self) -> Pin<Box<dyn Future<Output = Result<ServerDetails, AuthError>> + Send + '_>>;
}

impl<D: Discovery> ErasedDiscovery for D {
    fn discover(&self) -> Pin<Box<dyn Future<Output = Result<ServerDetails, AuthError>> + Send + '_>> {
        Box::pin(Discovery::discover(self))
    }
}

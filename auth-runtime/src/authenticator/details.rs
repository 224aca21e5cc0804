//! What a server says about how to log in to it.

use std::{future::Future, pin::Pin};

use crate::AuthError;

/// How a server wants its clients to authenticate, as far as it says so.
///
/// For Flyte this is what `AuthMetadataService` publishes. Settings made locally win over each of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerDetails {
    /// `OAuth2MetadataResponse.token_endpoint`.
    pub token_endpoint: Option<String>,
    /// `OAuth2MetadataResponse.authorization_endpoint`.
    pub authorization_endpoint: Option<String>,
    /// `OAuth2MetadataResponse.device_authorization_endpoint`.
    pub device_authorization_endpoint: Option<String>,
    /// `OAuth2MetadataResponse.issuer`.
    pub issuer: Option<String>,
    /// `PublicClientAuthConfigResponse.client_id`: the client for people's logins.
    pub client_id: Option<String>,
    /// `PublicClientAuthConfigResponse.redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `PublicClientAuthConfigResponse.scopes`.
    pub scopes: Vec<String>,
    /// `PublicClientAuthConfigResponse.audience`.
    pub audience: Option<String>,
    /// `PublicClientAuthConfigResponse.authorization_metadata_key`: the header to put the token in.
    pub header_key: Option<String>,
    pub(crate) wants_no_credentials: bool,
}

impl ServerDetails {
    /// Details of a server that is known to want no credentials, such as one whose metadata service is not
    /// implemented. Empty details prove nothing: they are those of a server that says nothing.
    ///
    /// ```
    /// use auth_runtime::ServerDetails;
    ///
    /// assert!(ServerDetails::without_authentication().wants_no_credentials());
    /// assert!(!ServerDetails::default().wants_no_credentials());
    /// ```
    #[must_use]
    pub fn without_authentication() -> Self {
        Self { wants_no_credentials: true, ..Self::default() }
    }

    /// Whether the server is known to want no credentials.
    pub fn wants_no_credentials(&self) -> bool {
        self.wants_no_credentials
    }
}

/// Where an [`Authenticator`](crate::Authenticator) learns how to log in.
///
/// Asked once, before the first login, and never through the authenticator's own credentials. A success is kept; a
/// failure is not: the next login asks again.
pub trait Discovery: Send + Sync + 'static {
    /// Asks the server. Empty details mean that the server says nothing, which is no error; where it is known to want
    /// no credentials, that is [`ServerDetails::without_authentication`], which is asked anew each time.
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

//! Which URL an endpoint of the provider has.

use url::{Position, Url};

use super::wire::parse_endpoint;
use crate::{AuthError, FlowContext, ServerDetails};

/// An endpoint of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProviderEndpoint {
    Token,
    Authorization,
    DeviceAuthorization,
}

impl ProviderEndpoint {
    /// The URL: set locally, else published by the server.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) where there is none, or one that no secret
    /// may be sent to.
    pub(super) fn resolve(self, local: Option<&str>, context: &FlowContext) -> Result<Url, AuthError> {
        match (local, self.published(context.server_details())) {
            (Some(url), _) => parse_endpoint(self.setting(), url, context),
            (None, Some(url)) => parse_endpoint(self.published_as(), url, context),
            (None, None) => Err(AuthError::configuration(
                self.setting(),
                format!(
                    "it is not set and the server names none; add .{}(..) to the flow, \
                     or .discovery(..) to the authenticator",
                    self.setting()
                ),
            )),
        }
    }

    fn setting(self) -> &'static str {
        match self {
            Self::Token => "token_url",
            Self::Authorization => "authorization_url",
            Self::DeviceAuthorization => "device_authorization_url",
        }
    }

    fn published_as(self) -> &'static str {
        match self {
            Self::Token => "the server's token endpoint",
            Self::Authorization => "the server's authorization endpoint",
            Self::DeviceAuthorization => "the server's device authorization endpoint",
        }
    }

    fn published(self, details: &ServerDetails) -> Option<&str> {
        match self {
            Self::Token => details.token_endpoint(),
            Self::Authorization => details.authorization_endpoint(),
            Self::DeviceAuthorization => details.device_authorization_endpoint(),
        }
    }
}

/// Host and port, as a person is told whom they log in to.
pub(super) fn host(url: &Url) -> String {
    url[Position::BeforeHost..Position::AfterPort].to_owned()
}

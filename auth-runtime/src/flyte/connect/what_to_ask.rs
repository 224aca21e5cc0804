//! What is asked of the server about logging in, and what need not be.

use tonic::transport::Channel;

use super::super::{AuthMetadata, AuthType, Config};
use crate::{AnonymousChannel, AuthError, Discovery, ServerDetails, plain_text::plain_text};

/// How much of what a login needs is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Configured {
    /// All of it: the server is not asked.
    All,
    /// All but what has a default: where the server cannot be asked, the login goes on without.
    Enough,
    /// Not enough.
    Part,
}

/// `None` where the server need not be asked.
pub(super) fn discovery(config: &Config, metadata: AuthMetadata<AnonymousChannel<Channel>>) -> Option<AsConfigured> {
    let configured = configured(config);
    let of_people = matches!(config.auth_type().value(), AuthType::Pkce | AuthType::DeviceFlow);
    let client_id = config.client_id().value().clone().filter(|_| of_people);
    (configured != Configured::All).then(|| AsConfigured {
        metadata,
        client_id,
        enough: configured == Configured::Enough,
    })
}

fn configured(config: &Config) -> Configured {
    let header = config.authorization_header().is_set();
    let issuer = config.issuer().is_set();
    let token = issuer || config.token_url().is_set();
    let audience = match config.use_audience_from_admin() {
        flag if flag.is_set() => !*flag.value(),
        _ => config.audience().is_set(),
    };
    let request = header && token && config.scopes().is_set() && audience;
    let client = config.public_client_id().is_set();
    let any_client = client || config.client_id().is_set();
    match config.auth_type().value() {
        AuthType::ExternalCommand if header => Configured::All,
        AuthType::ClientSecret if request => Configured::All,
        // The redirect URI has a default, which nearly all servers name.
        AuthType::Pkce if request && any_client && (issuer || config.authorization_url().is_set()) => {
            Configured::Enough
        }
        AuthType::DeviceFlow if request && (issuer || config.device_authorization_url().is_set()) => {
            match (client, any_client) {
                (true, _) => Configured::All,
                (false, true) => Configured::Enough,
                (false, false) => Configured::Part,
            }
        }
        _ => Configured::Part,
    }
}

/// What the server says, and what the configuration has for where it says nothing.
pub(super) struct AsConfigured {
    metadata: AuthMetadata<AnonymousChannel<Channel>>,
    /// The client of people's logins at a server that names none.
    client_id: Option<String>,
    enough: bool,
}

impl Discovery for AsConfigured {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        let details = match self.metadata.discover().await {
            Ok(details) => details,
            Err(error) if self.enough => {
                let reason = error.with_causes();
                tracing::warn!(
                    "the login goes on as it is configured, without the server's word: {}",
                    plain_text(&reason)
                );
                ServerDetails::new()
            }
            Err(error) => return Err(error),
        };
        Ok(match &self.client_id {
            Some(client_id) if details.client_id().is_none() => details.with_client_id(client_id),
            _ => details,
        })
    }
}

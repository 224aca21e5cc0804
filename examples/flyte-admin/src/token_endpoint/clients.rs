//! The clients that are known: one with a secret, and the public one that flytectl and other programs of people share.

use secrecy::{ExposeSecret as _, SecretString};

use super::grant_error::GrantError;

/// The public client's name in every Flyte.
pub const PUBLIC_CLIENT_ID: &str = "flytectl";

/// What the authorization server knows of its clients.
pub(super) struct Clients {
    pub(super) id: String,
    pub(super) secret: SecretString,
    /// Where the public client wants its codes.
    pub(super) redirect_uri: String,
}

/// Who asks, once that is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Client {
    Confidential(String),
    Public,
}

impl Client {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Confidential(id) => id,
            Self::Public => PUBLIC_CLIENT_ID,
        }
    }
}

impl Clients {
    pub(super) fn authenticate(&self, id: &str, secret: Option<&SecretString>) -> Result<Client, GrantError> {
        match secret {
            Some(secret) if id == self.id && secret.expose_secret() == self.secret.expose_secret() => {
                Ok(Client::Confidential(id.into()))
            }
            None if id == PUBLIC_CLIENT_ID => Ok(Client::Public),
            _ => Err(GrantError::InvalidClient),
        }
    }
}

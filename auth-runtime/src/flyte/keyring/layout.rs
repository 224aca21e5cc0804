//! Whose way of writing things down.

use super::{flyte2, flytectl, flytekit};
use crate::{
    Credentials,
    store::{StoreError, StoreKey, keyring::entries::Entries},
};

/// How credentials are laid out in a keyring. Three programs have three ways, and read only their own.
///
/// [`SharedKeyring`](super::SharedKeyring) has an example.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyringLayout {
    /// flytekit's: the service is the endpoint, with an entry each for the users `access_token`, `refresh_token` and
    /// `id_token`. When the access token ends is not stored.
    #[default]
    Flytekit,
    /// flytectl's: the service is `flytectl`, the user `<endpoint>:flytectl-user`, with the endpoint as
    /// `dns:///host`; the secret is JSON.
    Flytectl,
    /// Flyte 2's: the service is the endpoint, the user `tokens`; the secret is JSON, without id token and end.
    Flyte2,
}

impl KeyringLayout {
    pub(super) const ALL: [Self; 3] = [Self::Flytekit, Self::Flytectl, Self::Flyte2];
}

impl KeyringLayout {
    pub(crate) fn read(self, entries: &dyn Entries, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        match self {
            Self::Flytekit => flytekit::read(entries, key),
            Self::Flytectl => flytectl::read(entries, key),
            Self::Flyte2 => flyte2::read(entries, key),
        }
    }

    pub(crate) fn write(
        self,
        entries: &dyn Entries,
        key: &StoreKey,
        credentials: &Credentials,
    ) -> Result<(), StoreError> {
        match self {
            Self::Flytekit => flytekit::write(entries, key, credentials),
            Self::Flytectl => flytectl::write(entries, key, credentials),
            Self::Flyte2 => flyte2::write(entries, key, credentials),
        }
    }

    pub(super) fn delete(self, entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError> {
        match self {
            Self::Flytekit => flytekit::delete(entries, key),
            Self::Flytectl => flytectl::delete(entries, key),
            Self::Flyte2 => flyte2::delete(entries, key),
        }
    }

    /// The entry, as a person finds it in the keyring.
    pub(super) fn name(self, entries: &dyn Entries, key: &StoreKey) -> Result<String, StoreError> {
        let (program, service, user) = match self {
            Self::Flytekit => ("flytekit", flytekit::service(entries, key)?, "access_token".to_owned()),
            Self::Flytectl => ("flytectl", flytectl::SERVICE.to_owned(), flytectl::user(entries, key)?),
            Self::Flyte2 => ("Flyte 2", flyte2::service(entries, key)?, flyte2::TOKENS.to_owned()),
        };
        Ok(format!("the login of {program} (service {service}, user {user})"))
    }
}

//! Whose way of writing things down.

use super::{entries::Entries, flyte2, flytectl, flytekit, jwt_end::jwt_end};
use crate::{
    Credentials,
    store::{StoreError, StoreKey},
};

/// How credentials are laid out in a keyring. Three programs have three ways, and read only their own.
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
}

/// Credentials from tokens that may be missing or empty. Without an access token a refresh token is enough for new
/// ones; without both there are no credentials.
pub(super) fn credentials(access_token: Option<&str>, refresh_token: Option<&str>) -> Option<Credentials> {
    let present = |token: Option<&str>| token.filter(|token| !token.is_empty()).map(str::to_owned);
    let credentials = match (present(access_token), present(refresh_token)) {
        (Some(access_token), None) => Credentials::new(access_token),
        (Some(access_token), Some(refresh_token)) => Credentials::new(access_token).with_refresh_token(refresh_token),
        (None, Some(refresh_token)) => Credentials::new("").with_refresh_token(refresh_token),
        (None, None) => return None,
    };
    Some(match access_token.and_then(jwt_end) {
        Some(end) => credentials.with_expires_at(end),
        None => credentials,
    })
}

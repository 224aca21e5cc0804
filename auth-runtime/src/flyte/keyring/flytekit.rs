//! flytekit's layout: one entry per token.

use secrecy::ExposeSecret as _;

use super::{
    names::{authority, spellings},
    tokens,
};
use crate::{
    Credentials,
    store::{StoreError, StoreKey, keyring::entries::Entries},
};

const ACCESS_TOKEN: &str = "access_token";
const REFRESH_TOKEN: &str = "refresh_token";
const ID_TOKEN: &str = "id_token";

/// flytekit itself takes an id token alone for credentials and sends `Bearer None`.
pub(super) fn read(entries: &dyn Entries, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
    for service in spellings(key) {
        let token = |user| entries.get(&service, user);
        let (access_token, refresh_token) = (token(ACCESS_TOKEN)?, token(REFRESH_TOKEN)?);
        let found = tokens::credentials(access_token.as_ref().map(|token| token.as_str()), {
            refresh_token.as_ref().map(|token| token.as_str())
        });
        let Some(credentials) = found else { continue };
        return Ok(Some(match token(ID_TOKEN)? {
            Some(id_token) if !id_token.is_empty() => credentials.with_id_token(id_token.as_str()),
            _ => credentials,
        }));
    }
    Ok(None)
}

/// The refresh token goes first: whatever interrupts this, the one that is stored is good. An access token beside it may be
/// that of the login before.
pub(super) fn write(entries: &dyn Entries, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
    let service = service(entries, key)?;
    let tokens = [
        (REFRESH_TOKEN, credentials.refresh_token()),
        (ACCESS_TOKEN, Some(credentials.access_token())),
        (ID_TOKEN, credentials.id_token()),
    ];
    for (user, token) in tokens {
        match token {
            Some(token) => entries.set(&service, user, token.expose_secret())?,
            // One of an earlier login does not belong to this one.
            None => entries.delete(&service, user)?,
        }
    }
    Ok(())
}

pub(super) fn delete(entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError> {
    let service = service(entries, key)?;
    [ACCESS_TOKEN, REFRESH_TOKEN, ID_TOKEN].into_iter().try_for_each(|user| entries.delete(&service, user))
}

/// The service that is read: flytekit's spelling, where flytekit was first.
pub(super) fn service(entries: &dyn Entries, key: &StoreKey) -> Result<String, StoreError> {
    for service in spellings(key) {
        for user in [ACCESS_TOKEN, REFRESH_TOKEN] {
            if entries.get(&service, user)?.is_some() {
                return Ok(service);
            }
        }
    }
    Ok(authority(key).to_owned())
}

//! Flyte 2's layout: one entry with the JSON of two tokens.

use secrecy::{ExposeSecret as _, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};

use super::{
    names::{authority, spellings},
    tokens,
};
use crate::{
    Credentials,
    store::{
        StoreError, StoreKey,
        keyring::entries::{Entries, unreadable},
    },
};

pub(super) const TOKENS: &str = "tokens";

#[derive(Serialize, Deserialize)]
struct Tokens {
    access_token: Option<String>,
    refresh_token: Option<String>,
}

pub(super) fn read(entries: &dyn Entries, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
    for service in spellings(key) {
        if let Some(secret) = entries.get(&service, TOKENS)? {
            let tokens = serde_json::from_str::<Tokens>(&secret);
            if tokens.is_err() {
                unreadable(&service, TOKENS, "is not the JSON of tokens");
            }
            let found =
                |tokens: Tokens| tokens::credentials(tokens.access_token.as_deref(), tokens.refresh_token.as_deref());
            return Ok(tokens.ok().and_then(found));
        }
    }
    Ok(None)
}

pub(super) fn write(entries: &dyn Entries, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
    let text = |token: &secrecy::SecretString| token.expose_secret().to_owned();
    let tokens = Tokens {
        access_token: Some(text(credentials.access_token())),
        refresh_token: credentials.refresh_token().map(text),
    };
    let json = serde_json::to_string(&tokens).map(Zeroizing::new);
    let json = json.map_err(|error| StoreError::with_source("the credentials cannot be written as JSON", error))?;
    entries.set(&service(entries, key)?, TOKENS, &json)
}

pub(super) fn delete(entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError> {
    entries.delete(&service(entries, key)?, TOKENS)
}

/// The service that is read: Flyte 2's spelling, where Flyte 2 was first.
pub(super) fn service(entries: &dyn Entries, key: &StoreKey) -> Result<String, StoreError> {
    for service in spellings(key) {
        if entries.get(&service, TOKENS)?.is_some() {
            return Ok(service);
        }
    }
    Ok(authority(key).to_owned())
}

//! flytectl's layout: one entry with the JSON of Go's `oauth2.Token`.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    names::{authority, spellings},
    tokens,
};
use crate::{
    Credentials,
    store::{
        StoreError, StoreKey,
        keyring::entries::{Entries, Secret, unreadable},
    },
};

pub(super) const SERVICE: &str = "flytectl";

#[derive(Serialize, Deserialize)]
struct Token {
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// RFC 3339. Go writes the year 1 for a token without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiry: Option<String>,
}

pub(super) fn read(entries: &dyn Entries, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
    for user in users(key) {
        if let Some(secret) = entries.get(SERVICE, &user)? {
            let credentials = decode(&secret);
            if credentials.is_none() {
                unreadable(SERVICE, &user, "is not the JSON of a token");
            }
            return Ok(credentials);
        }
    }
    Ok(None)
}

pub(super) fn write(entries: &dyn Entries, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
    let text = |token: &secrecy::SecretString| token.expose_secret().to_owned();
    let expiry = credentials.expires_at().and_then(date).and_then(|end| end.format(&Rfc3339).ok());
    let token = Token {
        access_token: text(credentials.access_token()),
        token_type: Some(credentials.token_type().unwrap_or("Bearer").to_owned()),
        refresh_token: credentials.refresh_token().map(text),
        expiry,
    };
    let json = serde_json::to_string(&token).map(Zeroizing::new);
    let json = json.map_err(|error| StoreError::with_source("the credentials cannot be written as JSON", error))?;
    entries.set(SERVICE, &user(entries, key)?, &json)
}

pub(super) fn delete(entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError> {
    entries.delete(SERVICE, &user(entries, key)?)
}

/// flytectl takes the endpoint as it stands in its configuration, which is mostly `dns:///host`.
fn users(key: &StoreKey) -> impl Iterator<Item = String> {
    let user = |prefix: &'static str| move |endpoint: String| format!("{prefix}{endpoint}:flytectl-user");
    spellings(key).into_iter().map(user("dns:///")).chain(spellings(key).into_iter().map(user("")))
}

/// The user that is read: flytectl's spelling, where flytectl was first.
pub(super) fn user(entries: &dyn Entries, key: &StoreKey) -> Result<String, StoreError> {
    for user in users(key) {
        if entries.get(SERVICE, &user)?.is_some() {
            return Ok(user);
        }
    }
    Ok(format!("dns:///{}:flytectl-user", authority(key)))
}

/// Of a time that is beyond all dates there is none; `From` would panic.
fn date(time: SystemTime) -> Option<OffsetDateTime> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => OffsetDateTime::UNIX_EPOCH.checked_add(after.try_into().ok()?),
        Err(before) => OffsetDateTime::UNIX_EPOCH.checked_sub(before.duration().try_into().ok()?),
    }
}

fn decode(secret: &Secret) -> Option<Credentials> {
    // What Go's keyring library writes on macOS, where the command line that it uses cannot take every character.
    let encoded = secret.strip_prefix("go-keyring-base64:").map(|encoded| STANDARD.decode(encoded).ok());
    let json = Zeroizing::new(match encoded {
        Some(decoded) => decoded?,
        None => secret.as_bytes().to_vec(),
    });
    let token: Token = serde_json::from_slice(&json).ok()?;
    let mut credentials = tokens::credentials(Some(&token.access_token), token.refresh_token.as_deref())?;
    if let Some(token_type) = token.token_type.filter(|kind| !kind.is_empty() && !kind.eq_ignore_ascii_case("bearer")) {
        credentials = credentials.with_token_type(token_type);
    }
    let expiry = token.expiry.and_then(|expiry| OffsetDateTime::parse(&expiry, &Rfc3339).ok());
    Some(match expiry.filter(|expiry| expiry.year() > 1) {
        Some(expiry) => credentials.with_expires_at(expiry.into()),
        None => credentials,
    })
}

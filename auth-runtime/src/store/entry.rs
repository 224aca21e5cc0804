//! A login as JSON, as files and keyrings hold it.

use std::{
    borrow::Cow,
    time::{Duration, UNIX_EPOCH},
};

use secrecy::{ExposeSecret, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};

use super::{StoreError, StoreKey};
use crate::Credentials;

/// Raised when the meaning of a field changes; fields may be added without.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    version: u32,
    endpoint: Cow<'a, str>,
    client_id: Cow<'a, str>,
    flow: Cow<'a, str>,
    /// Those beside client and flow: missing where there are none.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    settings: Cow<'a, str>,
    access_token: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_type: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    header_key: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_endpoint: Option<Cow<'a, str>>,
    /// Seconds since 1970, rounded down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
}

/// The JSON of these credentials.
pub(crate) fn write(key: &StoreKey, credentials: &Credentials) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let expires_at = credentials.expires_at().and_then(|end| end.duration_since(UNIX_EPOCH).ok());
    let entry = Entry {
        version: VERSION,
        endpoint: key.endpoint().into(),
        client_id: key.client_id().into(),
        flow: key.flow().into(),
        settings: key.settings().into(),
        access_token: credentials.access_token().expose_secret().into(),
        refresh_token: credentials.refresh_token().map(|token| token.expose_secret().into()),
        id_token: credentials.id_token().map(|token| token.expose_secret().into()),
        token_type: credentials.token_type().map(Cow::from),
        header_key: credentials.header_key().map(Cow::from),
        issuer: credentials.issuer().map(Cow::from),
        token_endpoint: credentials.token_endpoint().map(Cow::from),
        expires_at: expires_at.map(|since| since.as_secs()),
    };
    let mut content = Zeroizing::new(Vec::with_capacity(16 * 1024));
    match serde_json::to_writer_pretty(&mut *content, &entry) {
        Ok(()) => Ok(content),
        Err(error) => Err(StoreError::with_source("the credentials cannot be written as JSON", error)),
    }
}

/// The credentials in such JSON.
///
/// # Errors
///
/// Why these are no credentials of this key, without a word of the content.
pub(crate) fn read(key: &StoreKey, content: &[u8]) -> Result<Credentials, String> {
    let entry: Entry<'_> = serde_json::from_slice(content).map_err(|error| {
        format!("is not the JSON of credentials (line {}, column {})", error.line(), error.column())
    })?;
    if entry.version != VERSION {
        return Err(format!("is of another version ({}, this program reads {VERSION})", entry.version));
    }
    let login = [key.endpoint(), key.client_id(), key.flow(), &key.settings()];
    if [&*entry.endpoint, &*entry.client_id, &*entry.flow, &*entry.settings] != login {
        return Err("holds the credentials of another login".to_owned());
    }
    let mut credentials = Credentials::new(entry.access_token).with_endpoint(key.endpoint());
    if let Some(token) = entry.refresh_token {
        credentials = credentials.with_refresh_token(token);
    }
    if let Some(token) = entry.id_token {
        credentials = credentials.with_id_token(token);
    }
    if let Some(token_type) = entry.token_type {
        credentials = credentials.with_token_type(token_type);
    }
    if let Some(header_key) = entry.header_key {
        credentials = credentials.with_header_key(header_key);
    }
    if let Some(issuer) = entry.issuer {
        credentials = credentials.with_issuer(issuer);
    }
    if let Some(token_endpoint) = entry.token_endpoint {
        credentials = credentials.with_token_endpoint(token_endpoint);
    }
    if let Some(end) = entry.expires_at {
        // An end that no clock reaches counts as missing.
        if let Some(end) = UNIX_EPOCH.checked_add(Duration::from_secs(end)) {
            credentials = credentials.with_expires_at(end);
        }
    }
    Ok(credentials)
}

//! Whose login stands in another program's layout: those layouts cannot say, so an entry of our own beside them does. It
//! holds no secret.

use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{KeyringLayout, names::canonical_authority};
use crate::{
    Credentials,
    net::{destination::is_loopback, warn_once::warn_once},
    store::{
        StoreError, StoreKey,
        keyring::{entries::Entries, layout::Layout},
    },
};

const SERVICE: &str = concat!(env!("CARGO_PKG_NAME"), "-bindings");

/// A layout of other programs, and beside it which login its tokens are of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound(pub(super) KeyringLayout);

/// Which login, and which provider, the tokens are of.
#[derive(Serialize, Deserialize)]
struct Binding {
    endpoint: String,
    client_id: String,
    flow: String,
    settings: String,
    /// Of the tokens: where others are stored now, this is not about them.
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_endpoint: Option<String>,
}

impl Binding {
    fn new(key: &StoreKey, credentials: &Credentials) -> Self {
        Self {
            endpoint: key.endpoint().to_owned(),
            client_id: key.client_id().to_owned(),
            flow: key.flow().to_owned(),
            settings: key.settings(),
            digest: digest(credentials),
            issuer: credentials.issuer().map(str::to_owned),
            token_endpoint: credentials.token_endpoint().map(str::to_owned),
        }
    }

    /// What is written beside the tokens that a layout has for an endpoint.
    fn load(entries: &dyn Entries, key: &StoreKey) -> Result<Option<Self>, StoreError> {
        let stored = entries.get(SERVICE, &canonical_authority(key))?;
        Ok(stored.and_then(|json| serde_json::from_str(&json).ok()))
    }

    fn is_of(&self, key: &StoreKey) -> bool {
        [&*self.endpoint, &*self.client_id, &*self.flow] == [key.endpoint(), key.client_id(), key.flow()]
            && self.settings == key.settings()
    }

    fn bind(self, mut credentials: Credentials) -> Credentials {
        if let Some(issuer) = self.issuer {
            credentials = credentials.with_issuer(issuer);
        }
        if let Some(token_endpoint) = self.token_endpoint {
            credentials = credentials.with_token_endpoint(token_endpoint);
        }
        credentials
    }
}

impl Layout for Bound {
    fn read(&self, entries: &dyn Entries, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        let Some(credentials) = self.0.read(entries, key)? else { return Ok(None) };
        let binding = Binding::load(entries, key)?.filter(|binding| binding.digest == digest(&credentials));
        match binding {
            Some(binding) if binding.is_of(key) => Ok(Some(binding.bind(credentials))),
            Some(binding) => {
                left("they are of another login", &binding.endpoint);
                Ok(None)
            }
            // Another program's. It does not say whether its endpoint has TLS.
            None if may_be_sent(key.endpoint()) => Ok(Some(credentials)),
            None => {
                left("they may be those of its https:// endpoint", key.endpoint());
                Ok(None)
            }
        }
    }

    /// The binding goes first: whatever interrupts this, the tokens that are stored are not taken for others.
    fn write(&self, entries: &dyn Entries, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        let json = serde_json::to_string(&Binding::new(key, credentials))
            .map_err(|error| StoreError::with_source("the login cannot be written as JSON", error))?;
        entries.set(SERVICE, &canonical_authority(key), &json)?;
        self.0.write(entries, key, credentials)
    }

    fn delete(&self, entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError> {
        self.0.delete(entries, key)?;
        match Binding::load(entries, key)? {
            Some(binding) if binding.is_of(key) => entries.delete(SERVICE, &canonical_authority(key)),
            _ => Ok(()),
        }
    }
}

fn may_be_sent(endpoint: &str) -> bool {
    match endpoint.split_once("://") {
        Some(("http", authority)) => {
            let host = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
            is_loopback(host.map_or(authority, |(host, _)| host))
        }
        _ => true,
    }
}

fn left(why: &str, endpoint: &str) {
    warn_once("stored credentials are left alone", &format!("{why} ({endpoint})"));
}

/// Of access and refresh token. A token has far too much randomness to be found by trying.
fn digest(credentials: &Credentials) -> String {
    let mut hash = Sha256::new();
    for token in [Some(credentials.access_token()), credentials.refresh_token()] {
        let token = token.map_or("", |token| token.expose_secret());
        hash.update((token.len() as u64).to_be_bytes());
        hash.update(token);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

//! What is known of the tokens in other programs' layouts: those cannot say whose login they are of, so an entry of our own
//! beside them does. It holds no secret.

use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::names::canonical_authority;
use crate::{
    Credentials,
    store::{StoreError, StoreKey, keyring::entries::Entries},
};

const SERVICE: &str = concat!(env!("CARGO_PKG_NAME"), "-bindings");

/// More than there are layouts. The oldest is forgotten: the tokens that it names have been replaced long since.
const MOST_UNUSED: usize = 8;

/// The entry beside the tokens of an endpoint.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) binding: Option<Binding>,
    /// Digests of tokens that other programs keep and that are not used: somebody has logged out, or the provider has
    /// refused them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unused: Vec<String>,
}

/// Which login, and which provider, the tokens are of.
#[derive(Serialize, Deserialize)]
pub(super) struct Binding {
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

impl Record {
    /// What is written beside the tokens that the layouts have for an endpoint.
    pub(super) fn load(entries: &dyn Entries, key: &StoreKey) -> Result<Self, StoreError> {
        let stored = entries.get(SERVICE, &canonical_authority(key))?;
        Ok(stored.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }

    pub(super) fn save(&self, entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError> {
        if self.binding.is_none() && self.unused.is_empty() {
            return entries.delete(SERVICE, &canonical_authority(key));
        }
        let json = serde_json::to_string(self)
            .map_err(|error| StoreError::with_source("the login cannot be written as JSON", error))?;
        entries.set(SERVICE, &canonical_authority(key), &json)
    }

    /// Whose tokens these are, if they are the ones that were bound.
    pub(super) fn binding_of(&self, digest: &str) -> Option<&Binding> {
        self.binding.as_ref().filter(|binding| binding.digest == digest)
    }

    pub(super) fn is_unused(&self, digest: &str) -> bool {
        self.unused.iter().any(|unused| unused == digest)
    }

    pub(super) fn add_unused(&mut self, digest: String) {
        if self.unused.len() == MOST_UNUSED {
            self.unused.remove(0);
        }
        self.unused.push(digest);
    }
}

impl Binding {
    pub(super) fn new(key: &StoreKey, credentials: &Credentials) -> Self {
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

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn is_of(&self, key: &StoreKey) -> bool {
        [&*self.endpoint, &*self.client_id, &*self.flow] == [key.endpoint(), key.client_id(), key.flow()]
            && self.settings == key.settings()
    }

    pub(super) fn bind(&self, mut credentials: Credentials) -> Credentials {
        if let Some(issuer) = &self.issuer {
            credentials = credentials.with_issuer(issuer);
        }
        if let Some(token_endpoint) = &self.token_endpoint {
            credentials = credentials.with_token_endpoint(token_endpoint);
        }
        credentials
    }
}

/// Of access and refresh token. A token has far too much randomness to be found by trying.
pub(super) fn digest(credentials: &Credentials) -> String {
    let mut hash = Sha256::new();
    for token in [Some(credentials.access_token()), credentials.refresh_token()] {
        let token = token.map_or("", |token| token.expose_secret());
        hash.update((token.len() as u64).to_be_bytes());
        hash.update(token);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

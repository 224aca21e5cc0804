//! What is known of the tokens in other programs' layouts: those cannot say whose login they are of, so an entry of our own
//! beside them does. It holds no secret.

use secrecy::{ExposeSecret as _, SecretString};
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
    binding: Option<Binding>,
    /// That of the tokens which were stored before. A write that was interrupted may have left them, or a part of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced: Option<Binding>,
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
    /// Digests of the tokens: where others are stored now, this is not about them.
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    /// That of the access token which was stored before, whoever wrote it: a write that was interrupted may have left it
    /// beside the new refresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced_access_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_endpoint: Option<String>,
    /// Whether another program has made the login, whose refresh token is still in use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    another_programs: bool,
}

impl Record {
    /// What is written beside the tokens that the layouts have for an endpoint.
    pub(super) fn load(entries: &dyn Entries, key: &StoreKey) -> Result<Self, StoreError> {
        let stored = entries.get(SERVICE, &canonical_authority(key))?;
        Ok(stored.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }

    /// Notes what is about to be written, and what is there.
    pub(super) fn replace(&mut self, binding: Binding, stored: Option<&Credentials>) {
        let replaced_access_token = stored.map(|stored| token_digest(stored.access_token()));
        self.replaced = stored.and_then(|stored| self.take_binding_of(stored));
        self.binding = Some(Binding { replaced_access_token, ..binding });
    }

    /// Forgets the tokens of a login. Whether there was something to forget.
    pub(super) fn forget(&mut self, key: &StoreKey) -> bool {
        let is_of = |binding: &mut Binding| binding.is_of(key);
        let (binding, replaced) = (self.binding.take_if(is_of), self.replaced.take_if(is_of));
        binding.is_some() || replaced.is_some()
    }

    pub(super) fn save(&self, entries: &dyn Entries, key: &StoreKey) -> Result<(), StoreError> {
        if self.binding.is_none() && self.replaced.is_none() && self.unused.is_empty() {
            return entries.delete(SERVICE, &canonical_authority(key));
        }
        let json = serde_json::to_string(self)
            .map_err(|error| StoreError::with_source("the login cannot be written as JSON", error))?;
        entries.set(SERVICE, &canonical_authority(key), &json)
    }

    /// Whose tokens these are, if they were written here. Of two that name them, the one that names both tokens.
    pub(super) fn binding_of(&self, credentials: &Credentials) -> Option<(&Binding, Match)> {
        let bindings = [&self.binding, &self.replaced].into_iter().flatten();
        bindings.filter_map(|binding| Some((binding, binding.matches(credentials)?))).min_by_key(|(_, found)| *found)
    }

    fn take_binding_of(&mut self, credentials: &Credentials) -> Option<Binding> {
        let bindings = [self.binding.take(), self.replaced.take()].into_iter().flatten();
        let found = bindings.filter_map(|binding| binding.matches(credentials).map(|found| (found, binding)));
        found.min_by_key(|(found, _)| *found).map(|(_, binding)| binding)
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

/// How tokens that are stored fit those that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    All,
    /// One of them is missing.
    Part,
    /// The refresh token is beside the access token that it replaces.
    RefreshTokenAlone,
}

impl Binding {
    pub(super) fn new(key: &StoreKey, credentials: &Credentials) -> Self {
        Self {
            endpoint: key.endpoint().to_owned(),
            client_id: key.client_id().to_owned(),
            flow: key.flow().to_owned(),
            settings: key.settings(),
            access_token: token_digest(credentials.access_token()),
            refresh_token: credentials.refresh_token().map(token_digest),
            id_token: credentials.id_token().map(token_digest),
            replaced_access_token: None,
            issuer: credentials.issuer().map(str::to_owned),
            token_endpoint: credentials.token_endpoint().map(str::to_owned),
            another_programs: credentials.is_another_programs(),
        }
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn is_of(&self, key: &StoreKey) -> bool {
        [&*self.endpoint, &*self.client_id, &*self.flow] == [key.endpoint(), key.client_id(), key.flow()]
            && self.settings == key.settings()
    }

    /// `None` for tokens of others, which have at least one that is not known here.
    fn matches(&self, credentials: &Credentials) -> Option<Match> {
        let access_token = token_digest(credentials.access_token());
        let has_access_token = !credentials.access_token().expose_secret().is_empty();
        let Some(refresh_token) = credentials.refresh_token().map(token_digest) else {
            return (access_token == self.access_token).then_some(if self.refresh_token.is_none() {
                Match::All
            } else {
                Match::Part
            });
        };
        match self.refresh_token.as_ref() == Some(&refresh_token) {
            true if access_token == self.access_token => Some(Match::All),
            true if !has_access_token => Some(Match::Part),
            true if self.replaced_access_token.as_ref() == Some(&access_token) => Some(Match::RefreshTokenAlone),
            _ => None,
        }
    }

    pub(super) fn bind(&self, mut credentials: Credentials) -> Credentials {
        if credentials.id_token().map(token_digest) != self.id_token {
            credentials = credentials.without_id_token();
        }
        if self.another_programs {
            credentials = credentials.of_another_program();
        }
        if let Some(issuer) = &self.issuer {
            credentials = credentials.with_issuer(issuer);
        }
        if let Some(token_endpoint) = &self.token_endpoint {
            credentials = credentials.with_token_endpoint(token_endpoint);
        }
        credentials
    }
}

fn token_digest(token: &SecretString) -> String {
    hex(Sha256::new_with_prefix(token.expose_secret()))
}

/// Of access and refresh token. A token has far too much randomness to be found by trying.
pub(super) fn digest(credentials: &Credentials) -> String {
    let mut hash = Sha256::new();
    for token in [Some(credentials.access_token()), credentials.refresh_token()] {
        let token = token.map_or("", |token| token.expose_secret());
        hash.update((token.len() as u64).to_be_bytes());
        hash.update(token);
    }
    hex(hash)
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

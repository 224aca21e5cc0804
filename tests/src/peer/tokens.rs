//! Which tokens a peer lets in.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use http::HeaderMap;

/// A set of valid tokens, shared between a test and its peer.
#[derive(Clone, Default)]
pub struct Tokens {
    valid: Arc<Mutex<HashSet<String>>>,
}

impl Tokens {
    /// No token is valid.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a token valid.
    pub fn accept(&self, token: &str) {
        self.valid.lock().unwrap().insert(token.to_owned());
    }

    /// Makes a token invalid.
    pub fn revoke(&self, token: &str) {
        self.valid.lock().unwrap().remove(token);
    }

    /// Makes all tokens invalid.
    pub fn revoke_all(&self) {
        self.valid.lock().unwrap().clear();
    }

    /// Whether the header `key` carries a valid token.
    pub fn admit(&self, headers: &HeaderMap, key: &str) -> bool {
        bearer(headers, key).is_some_and(|token| self.valid.lock().unwrap().contains(&token))
    }
}

/// Without the tokens.
impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.valid.lock().unwrap().len())
    }
}

/// The bearer token in the header `key`.
///
/// # Panics
///
/// If the header stands there more than once: a server takes the first, so a client must send one.
pub fn bearer(headers: &HeaderMap, key: &str) -> Option<String> {
    let mut values = headers.get_all(key).iter();
    let value = values.next()?;
    assert!(values.next().is_none(), "the header {key} was sent more than once");
    value.to_str().ok()?.strip_prefix("Bearer ").map(str::to_owned)
}

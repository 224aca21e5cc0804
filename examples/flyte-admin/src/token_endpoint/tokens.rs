//! The tokens that were issued: the server asks here what a token is worth.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{
    jwt,
    token_kind::{InvalidToken, TokenKind},
};

/// Whom a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client that the token was issued to.
    pub client_id: String,
    /// The person who logged in; a client that acts for itself has none.
    pub person: Option<String>,
    /// What the token is good for.
    pub scopes: Vec<String>,
}

/// All tokens that were issued, with their lifetimes.
///
/// No `Debug`: it would show them.
#[derive(Default)]
#[allow(missing_debug_implementations, reason = "the tokens are secrets")]
pub struct Tokens {
    issued: Mutex<HashMap<String, Issued>>,
    signing_key: AtomicU64,
}

struct Issued {
    caller: Caller,
    kind: TokenKind,
    expires_at: Instant,
    signing_key: u64,
}

impl Tokens {
    /// Issues an access token that nobody can guess.
    ///
    /// # Errors
    ///
    /// When the operating system has no randomness to give.
    pub fn issue(&self, caller: Caller, lifetime: Duration) -> Result<String, getrandom::Error> {
        self.sign(TokenKind::Access, caller, lifetime)
    }

    pub(super) fn sign(&self, kind: TokenKind, caller: Caller, lifetime: Duration) -> Result<String, getrandom::Error> {
        let token = jwt::sign(&kind, &caller, lifetime)?;
        let expires_at = Instant::now() + lifetime;
        let signing_key = self.signing_key.load(Ordering::Relaxed);
        self.lock().insert(token.clone(), Issued { caller, kind, expires_at, signing_key });
        Ok(token)
    }

    /// Says whom an access token stands for.
    ///
    /// # Errors
    ///
    /// When it stands for nobody, or no longer does.
    pub fn check(&self, token: &str) -> Result<Caller, InvalidToken> {
        match self.verify(token)? {
            (TokenKind::Access, caller) => Ok(caller),
            _ => Err(InvalidToken::Signature),
        }
    }

    /// What a token is, as far as this key signed it and its lifetime lasts.
    pub(super) fn verify(&self, token: &str) -> Result<(TokenKind, Caller), InvalidToken> {
        if token.split('.').count() != 3 {
            return Err(InvalidToken::Segments);
        }
        let key = self.signing_key.load(Ordering::Relaxed);
        match self.lock().get(token) {
            Some(issued) if issued.signing_key != key => Err(InvalidToken::Signature),
            Some(issued) if issued.expires_at <= Instant::now() => Err(InvalidToken::Expired),
            Some(issued) => Ok((issued.kind.clone(), issued.caller.clone())),
            None => Err(InvalidToken::Signature),
        }
    }

    /// Lets all access tokens that were issued so far expire now, long before those who hold them would expect it.
    pub fn expire_access_tokens(&self) {
        let now = Instant::now();
        for issued in self.lock().values_mut().filter(|issued| issued.kind == TokenKind::Access) {
            issued.expires_at = now;
        }
    }

    /// Signs with a new key from now on, as a flyteadmin that was installed anew does: no token issued so far is worth
    /// anything, long before those who hold them would expect it.
    ///
    /// There is no other way to revoke one: flyteadmin keeps no list of them.
    pub fn rotate_signing_key(&self) {
        self.signing_key.fetch_add(1, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Issued>> {
        // Each change is a single step, so a panic elsewhere cannot have left one half done.
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

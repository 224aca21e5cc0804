//! The tokens that were issued: the server asks here what a token is worth.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::time::Instant;

/// Whom a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client that the token was issued to.
    pub client_id: String,
    /// What the token is good for.
    pub scopes: Vec<String>,
}

/// Why a token is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidToken {
    /// It was never issued.
    Unknown,
    /// Its lifetime is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// All tokens that were issued, with their lifetimes.
///
/// No `Debug`: it would show them.
#[derive(Default)]
#[allow(missing_debug_implementations, reason = "the tokens are secrets")]
pub struct Tokens {
    issued: Mutex<HashMap<String, Issued>>,
}

struct Issued {
    caller: Caller,
    expires_at: Instant,
    revoked: bool,
}

impl Tokens {
    /// Issues a token that nobody can guess.
    ///
    /// # Errors
    ///
    /// When the operating system has no randomness to give.
    pub fn issue(&self, caller: Caller, lifetime: Duration) -> Result<String, getrandom::Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        let token = URL_SAFE_NO_PAD.encode(random);
        let issued = Issued { caller, expires_at: Instant::now() + lifetime, revoked: false };
        self.lock().insert(token.clone(), issued);
        Ok(token)
    }

    /// Says whom a token stands for.
    ///
    /// # Errors
    ///
    /// When it stands for nobody, or no longer does.
    pub fn check(&self, token: &str) -> Result<Caller, InvalidToken> {
        match self.lock().get(token) {
            None => Err(InvalidToken::Unknown),
            Some(issued) if issued.revoked => Err(InvalidToken::Revoked),
            Some(issued) if issued.expires_at <= Instant::now() => Err(InvalidToken::Expired),
            Some(issued) => Ok(issued.caller.clone()),
        }
    }

    /// Revokes every token issued so far, long before those who hold them would expect it.
    pub fn revoke_all(&self) {
        for issued in self.lock().values_mut() {
            issued.revoked = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Issued>> {
        // Each change is a single step, so a panic elsewhere cannot have left one half done.
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

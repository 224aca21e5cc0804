//! The tokens that the provider issued, as it and the server know them.

use std::{
    collections::VecDeque,
    sync::Mutex,
    time::{Duration, Instant},
};

/// How long each token lives.
pub(crate) const LIFETIME: Duration = Duration::from_secs(1);

/// So many are remembered: those before them ended long ago.
const REMEMBERED: usize = 32;

/// All tokens that may still be seen.
#[derive(Default)]
pub(crate) struct Tokens {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    tokens: VecDeque<Token>,
    issued: u64,
    revocations: u64,
}

struct Token {
    value: String,
    issued_at: Instant,
    /// The number of the revocation that ended it.
    revoked_by: Option<u64>,
}

impl Token {
    fn ends_at(&self) -> Instant {
        self.issued_at + LIFETIME
    }
}

/// Why a token is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// There is none.
    Missing,
    /// Never issued, or long ago.
    Unknown,
    Expired {
        issued_at: Instant,
    },
    /// By the revocation with this number.
    Revoked {
        number: u64,
        issued_at: Instant,
    },
}

impl Tokens {
    pub(crate) fn issue(&self) -> String {
        let mut known = self.known.lock().unwrap();
        known.issued += 1;
        let value = format!("token-{}-{:016x}", known.issued, fastrand::u64(..));
        known.tokens.push_back(Token { value: value.clone(), issued_at: Instant::now(), revoked_by: None });
        if known.tokens.len() > REMEMBERED {
            known.tokens.pop_front();
        }
        value
    }

    /// Ends the latest token. Whether it was still good.
    ///
    /// The one before it may live on for a moment. Were both revoked at once, a call with the earlier one would be sent
    /// again with the later one, which the session has and nobody has rejected so far, and that answer is final.
    pub(crate) fn revoke(&self) -> bool {
        let mut known = self.known.lock().unwrap();
        let number = known.revocations + 1;
        let good = |token: &&mut Token| token.revoked_by.is_none() && Instant::now() < token.ends_at();
        let Some(token) = known.tokens.back_mut().filter(good) else { return false };
        token.revoked_by = Some(number);
        known.revocations = number;
        true
    }

    pub(crate) fn revocations(&self) -> u64 {
        self.known.lock().unwrap().revocations
    }

    pub(crate) fn issued(&self) -> u64 {
        self.known.lock().unwrap().issued
    }

    pub(crate) fn check(&self, value: &str) -> Result<(), Invalid> {
        let known = self.known.lock().unwrap();
        let token = known.tokens.iter().rev().find(|token| token.value == value).ok_or(Invalid::Unknown)?;
        let issued_at = token.issued_at;
        match token.revoked_by {
            Some(number) => Err(Invalid::Revoked { number, issued_at }),
            None if token.ends_at() <= Instant::now() => Err(Invalid::Expired { issued_at }),
            None => Ok(()),
        }
    }
}

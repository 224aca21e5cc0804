//! What the server saw of each call, kept until its caller has looked at it.

use std::{
    fmt,
    str::FromStr,
    sync::Mutex,
    time::{Duration, Instant},
};

use super::tokens::{Invalid, LIFETIME};

/// What a session leaves of a token's life for its way: a quarter at most.
const EXPIRY_MARGIN: Duration = Duration::from_millis(LIFETIME.as_millis() as u64 / 4);

/// The metadata that names a call.
pub(crate) const CALL: &str = "soak-call";

/// A call: the number of its caller, and its number among that caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallId {
    pub(crate) caller: usize,
    pub(crate) number: u64,
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.caller, self.number)
    }
}

impl FromStr for CallId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (caller, number) = text.split_once('.').ok_or(())?;
        Ok(Self { caller: caller.parse().map_err(drop)?, number: number.parse().map_err(drop)? })
    }
}

/// The attempts of one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    /// How many were let in.
    pub(crate) admitted: u32,
    /// Those that were turned away, in their order.
    pub(crate) rejected: Vec<Rejected>,
}

/// An attempt that was turned away.
#[derive(Debug, Clone)]
pub(crate) struct Rejected {
    pub(crate) token: Option<String>,
    pub(crate) reason: Invalid,
    pub(crate) at: Instant,
    /// How many revocations there had been by then.
    pub(crate) revocations: u64,
}

/// Why the token of a call's second attempt was not let in either, though the session did what it could.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecondRejection {
    /// It was revoked after the first attempt had been turned away.
    RevokedUnderWay,
    /// It had been revoked before, and the session had it already: the first attempt carried the one before it, whose
    /// rejection says nothing about this one.
    RevokedBefore,
    /// It ended on its way, though there was all of the margin left that a session leaves for the way when the first
    /// attempt was turned away: this machine stood still.
    EndedOnItsWay,
}

impl Attempts {
    pub(crate) fn second_rejection(&self) -> Option<SecondRejection> {
        let [first, second] = &self.rejected[..] else { return None };
        match second.reason {
            Invalid::Revoked { number, .. } if number > first.revocations => Some(SecondRejection::RevokedUnderWay),
            Invalid::Revoked { issued_at, .. } if issued_at <= first.at && second.token != first.token => {
                Some(SecondRejection::RevokedBefore)
            }
            Invalid::Expired { issued_at } if first.at + EXPIRY_MARGIN <= issued_at + LIFETIME => {
                Some(SecondRejection::EndedOnItsWay)
            }
            _ => None,
        }
    }
}

/// One page for each caller, who makes one call at a time.
pub(crate) struct Ledger {
    pages: Vec<Mutex<Page>>,
}

#[derive(Default)]
struct Page {
    number: u64,
    attempts: Attempts,
}

impl Ledger {
    pub(crate) fn new(callers: usize) -> Self {
        Self { pages: std::iter::repeat_with(Mutex::default).take(callers).collect() }
    }

    /// The caller begins this call. What is still on its way of the one before is no longer looked at.
    pub(crate) fn open(&self, call: CallId) {
        *self.pages[call.caller].lock().unwrap() = Page { number: call.number, attempts: Attempts::default() };
    }

    pub(crate) fn attempts(&self, call: CallId) -> Attempts {
        self.pages[call.caller].lock().unwrap().attempts.clone()
    }

    pub(crate) fn enter(&self, call: CallId, enter: impl FnOnce(&mut Attempts)) {
        let mut page = self.pages[call.caller].lock().unwrap();
        if page.number == call.number {
            enter(&mut page.attempts);
        }
    }
}

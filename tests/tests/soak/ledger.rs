//! What the server saw of each call, kept until its caller has looked at it.

use std::{fmt, str::FromStr, sync::Mutex, time::Instant};

use auth_runtime::limits::EXPIRY_MARGIN_LIFETIME_DIVISOR;

use super::tokens::{Invalid, LIFETIME};

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rejected {
    pub(crate) reason: Invalid,
    pub(crate) at: Instant,
    /// How many revocations there had been by then.
    pub(crate) revocations: u64,
}

impl Attempts {
    /// Whether the second attempt's token was revoked after the first attempt had been turned away: nothing that a
    /// client does can help against that.
    pub(crate) fn revoked_under_way(&self) -> bool {
        match &self.rejected[..] {
            [first, second] => matches!(second.reason, Invalid::Revoked(number) if number > first.revocations),
            _ => false,
        }
    }

    /// Whether the second attempt's token ended on its way, though there was all of the margin left that a session
    /// leaves for the way when the first attempt was turned away: this machine stood still.
    pub(crate) fn ended_on_its_way(&self) -> bool {
        match &self.rejected[..] {
            [first, second] => matches!(
                second.reason,
                Invalid::Expired(at) if at.duration_since(first.at) >= LIFETIME / EXPIRY_MARGIN_LIFETIME_DIVISOR
            ),
            _ => false,
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

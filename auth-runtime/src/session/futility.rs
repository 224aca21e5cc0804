//! Notices when new tokens do not help.

use tokio::time::Instant;

use super::back_off;
use crate::limits;

/// A server that rejects each new token at once rejects something else than the token: a missing scope, a wrong
/// audience. Without this count every such call would cost a token request, for ever.
#[derive(Debug, Default)]
pub(crate) struct Futility {
    in_a_row: u32,
    last_generation: u64,
    until: Option<Instant>,
}

impl Futility {
    /// A replay with a new token was rejected as well.
    pub(crate) fn rejected(&mut self, generation: u64, now: Instant, jitter: f64) {
        if generation <= self.last_generation {
            return;
        }
        self.last_generation = generation;
        self.same_token(now, jitter);
    }

    /// A refresh brought the token that had been rejected.
    pub(crate) fn same_token(&mut self, now: Instant, jitter: f64) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if let Some(excess) = self.in_a_row.checked_sub(limits::FUTILE_REFRESHES) {
            self.until = Some(now + back_off::pause(excess, jitter));
        }
    }

    /// A replay with a new token was not rejected.
    pub(crate) fn accepted(&mut self) {
        self.in_a_row = 0;
        self.until = None;
    }

    /// Whether a rejection is to be taken as it is.
    pub(crate) fn stands(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

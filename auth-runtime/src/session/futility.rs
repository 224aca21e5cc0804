//! Notices when new tokens do not help.

use tokio::time::Instant;

use super::back_off;
use crate::limits::Limits;

/// A server that rejects each new token at once rejects something else than the token: a missing scope, a wrong
/// audience, or all calls of one method. Without this count every such call would cost a token request, for ever.
///
/// Held against the methods that new tokens did not help, so that a call which is never let in does not keep others
/// from being healed.
#[derive(Debug, Default)]
pub(crate) struct Futility {
    in_a_row: u32,
    last_generation: u64,
    until: Option<Instant>,
    methods: Vec<Box<str>>,
    /// Held against every method: there is no better token, or there are too many to count.
    all_methods: bool,
}

impl Futility {
    /// A replay with a new token was rejected as well.
    pub(crate) fn rejected(&mut self, method: &str, generation: u64, now: Instant, limits: &Limits, jitter: f64) {
        if !self.concerns(method) {
            match self.methods.len() < limits.futile_methods {
                true => self.methods.push(method.into()),
                false => self.all_methods = true,
            }
        }
        if generation > self.last_generation {
            self.last_generation = generation;
            self.count(now, limits, jitter);
        }
    }

    /// A refresh brought the token that had been rejected.
    pub(crate) fn same_token(&mut self, now: Instant, limits: &Limits, jitter: f64) {
        self.all_methods = true;
        self.count(now, limits, jitter);
    }

    /// A replay with a new token was not rejected.
    ///
    /// If others of its method were, new tokens do help again, and those that did not are no longer in a row: a method
    /// that is not called any more would otherwise keep the count for ever.
    pub(crate) fn accepted(&mut self, method: &str) {
        let known = self.methods.len();
        self.methods.retain(|known| **known != *method);
        self.all_methods = false;
        if self.methods.len() < known {
            self.in_a_row = 0;
        }
        if self.methods.is_empty() {
            self.in_a_row = 0;
            self.until = None;
        }
    }

    /// Whether the rejection of a call is to be taken as it is. Without a method: of any call.
    pub(crate) fn stands(&self, method: Option<&str>, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until) && method.is_none_or(|method| self.concerns(method))
    }

    fn concerns(&self, method: &str) -> bool {
        self.all_methods || self.methods.iter().any(|known| **known == *method)
    }

    fn count(&mut self, now: Instant, limits: &Limits, jitter: f64) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if let Some(excess) = self.in_a_row.checked_sub(limits.futile_refreshes) {
            self.until = Some(now + back_off::pause(excess, limits, jitter));
        }
    }
}

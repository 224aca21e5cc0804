//! Notices when new tokens do not help.

use tokio::time::Instant;

use super::backoff;
use crate::limits::Limits;

/// A server that rejects each new token at once rejects something else than the token: a missing scope, a wrong
/// audience, or all calls of one method. Without this count every such call would cost a token request, for ever.
///
/// Two things are counted: replays that were rejected, and tokens that a replay may have been accepted with but that
/// the next call was rejected with soon after. Each is held against the methods that it happened to, so that a call
/// which is never let in does not keep others from being healed.
#[derive(Debug, Default)]
pub(super) struct RefreshBreaker {
    replays: Streak,
    short_lived: Streak,
}

/// The same failure, several times in a row.
#[derive(Debug, Default)]
struct Streak {
    in_a_row: u32,
    last_generation: u64,
    until: Option<Instant>,
    methods: Vec<Box<str>>,
    /// Held against every method: there is no better token, or there are too many methods to remember.
    all_methods: bool,
}

impl RefreshBreaker {
    /// A replay with a new token was rejected as well.
    pub(super) fn replay_rejected(
        &mut self,
        method: &str,
        generation: u64,
        now: Instant,
        limits: &Limits,
        jitter: f64,
    ) {
        self.replays.add(Some(method), limits);
        if self.replays.is_new(generation) {
            self.replays.count(limits.breaker_refreshes, now, limits, jitter);
        }
    }

    /// A replay with a new token was not rejected.
    ///
    /// If others of its method were, new tokens do help again, and those that did not are no longer in a row: a method
    /// that is not called any more would otherwise keep the count for ever.
    pub(super) fn replay_accepted(&mut self, method: &str) {
        let streak = &mut self.replays;
        let known = streak.methods.len();
        streak.methods.retain(|known| **known != *method);
        streak.all_methods = false;
        if streak.methods.len() < known {
            streak.in_a_row = 0;
        }
        if streak.methods.is_empty() {
            streak.in_a_row = 0;
            streak.until = None;
        }
    }

    /// A refresh returned the token that had been rejected.
    pub(super) fn same_token(&mut self, now: Instant, limits: &Limits, jitter: f64) {
        self.replays.all_methods = true;
        self.replays.count(limits.breaker_refreshes, now, limits, jitter);
    }

    /// A token of a refresh was rejected soon after it came. A token whose replay was rejected is counted already.
    pub(super) fn rejected_early(
        &mut self,
        method: Option<&str>,
        generation: u64,
        now: Instant,
        limits: &Limits,
        jitter: f64,
    ) {
        if generation > self.replays.last_generation {
            self.short_lived.add(method, limits);
            if self.short_lived.is_new(generation) {
                self.short_lived.count(limits.early_rejections, now, limits, jitter);
            }
        }
    }

    /// A token had served for a while when it was rejected, or when another took its place. Not if it is one that was
    /// rejected early.
    pub(super) fn served(&mut self, generation: u64) {
        if generation > self.short_lived.last_generation {
            self.short_lived = Streak { last_generation: self.short_lived.last_generation, ..Streak::default() };
        }
    }

    /// Whether the rejection of a call is to be taken as it is. Without a method: of any call.
    pub(super) fn stands(&self, method: Option<&str>, now: Instant) -> bool {
        [&self.replays, &self.short_lived].into_iter().any(|streak| streak.stands(method, now))
    }
}

impl Streak {
    fn add(&mut self, method: Option<&str>, limits: &Limits) {
        match method {
            Some(method) if self.concerns(method) => {}
            Some(method) if self.methods.len() < limits.breaker_methods => self.methods.push(method.into()),
            _ => self.all_methods = true,
        }
    }

    /// Whether this one has not been counted.
    fn is_new(&mut self, generation: u64) -> bool {
        let new = generation > self.last_generation;
        self.last_generation = self.last_generation.max(generation);
        new
    }

    /// Counts one more. So many in a row are free of a pause.
    fn count(&mut self, free: u32, now: Instant, limits: &Limits, jitter: f64) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if let Some(excess) = self.in_a_row.checked_sub(free) {
            self.until = Some(now + backoff::pause(excess, limits, jitter));
        }
    }

    fn stands(&self, method: Option<&str>, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until) && method.is_none_or(|method| self.concerns(method))
    }

    fn concerns(&self, method: &str) -> bool {
        self.all_methods || self.methods.iter().any(|known| **known == *method)
    }
}

#[cfg(test)]
mod tests;

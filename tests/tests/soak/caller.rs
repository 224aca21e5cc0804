//! A caller: one call after the other, and each that fails has to be explained.

use std::{
    error::Error as StdError,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use auth_runtime::AuthError;
use fastrand::Rng;
use tests::calls::calls_client::AuthenticatedCallsClient;
use tonic::{Code, Status, transport::Channel};

use super::{
    call::{Failure, Plan, exchange},
    ledger::{Attempts, CallId},
    outages::Weather,
    server::Epoch,
    tally::Outcome,
    world::World,
};

/// No call takes as long, through whatever outage: one that does hangs.
const HANGS: Duration = Duration::from_secs(120);

/// A channel, which several callers share.
pub(crate) struct Line {
    client: AuthenticatedCallsClient<Channel>,
    /// The latest server that has answered on it.
    answered_by: AtomicU64,
}

impl Line {
    pub(crate) fn new(client: AuthenticatedCallsClient<Channel>) -> Self {
        Self { client, answered_by: AtomicU64::new(0) }
    }
}

pub(crate) struct Caller {
    world: Arc<World>,
    line: Arc<Line>,
    call: CallId,
    pub(crate) random: Rng,
}

/// What a call may be disturbed by, at its beginning or at its end.
#[derive(Debug, Clone, Copy)]
struct Surroundings {
    at: Instant,
    weather: Weather,
    epoch: Epoch,
    answered_by: u64,
}

impl Caller {
    pub(crate) fn new(world: Arc<World>, line: Arc<Line>, caller: usize) -> Self {
        let random = Rng::with_seed(world.seed.wrapping_add(caller as u64));
        Self { world, line, call: CallId { caller, number: 0 }, random }
    }

    /// Makes a call and accounts for it. Whether it went well.
    pub(crate) async fn call(&mut self, plan: Plan) -> bool {
        self.call.number += 1;
        self.world.ledger.open(self.call);
        let before = self.look_around();
        let line = self.line.clone();
        let heard = |incarnation| {
            line.answered_by.fetch_max(incarnation, Ordering::SeqCst);
        };
        let exchange = exchange(&self.line.client, self.call, plan, heard);
        let ended = tokio::time::timeout(plan.abandoned_after.unwrap_or(HANGS), exchange).await;
        let outcome = match ended {
            Ok(outcome) => self.judge(outcome, before, self.look_around()),
            Err(_) if plan.abandoned_after.is_some() => Ok(Outcome::Abandoned),
            Err(_) => Err("it hangs".to_owned()),
        };
        match outcome {
            Ok(outcome) => {
                self.world.tally.count(plan.kind, outcome);
                matches!(outcome, Outcome::Complete { .. })
            }
            Err(violation) => {
                self.world.violations.add(format!("call {} ({plan:?}): {violation}", self.call));
                false
            }
        }
    }

    fn look_around(&self) -> Surroundings {
        Surroundings {
            at: Instant::now(),
            weather: self.world.outages.weather(),
            epoch: self.world.server.epoch(),
            answered_by: self.line.answered_by.load(Ordering::SeqCst),
        }
    }

    fn judge(
        &self,
        outcome: Result<(), Failure>,
        before: Surroundings,
        after: Surroundings,
    ) -> Result<Outcome, String> {
        let attempts = self.world.ledger.attempts(self.call);
        if attempts.admitted > 1 || attempts.admitted as usize + attempts.rejected.len() > 2 {
            return Err(format!("it was sent too often: {attempts:?}"));
        }
        match outcome {
            Ok(()) if attempts.admitted == 1 => Ok(Outcome::Complete { replayed: !attempts.rejected.is_empty() }),
            Ok(()) => Err(format!("it was answered, but never let in: {attempts:?}")),
            Err(Failure::Violation(violation)) => Err(violation),
            Err(Failure::Status(status)) => self.explain(&status, &attempts, before, after).ok_or_else(|| {
                let took = after.at - before.at;
                format!("failed after {took:?} for no reason: {status:?}, {attempts:?}, {before:?}, {after:?}")
            }),
        }
    }

    /// Why the call could not but fail, if it could not.
    fn explain(
        &self,
        status: &Status,
        attempts: &Attempts,
        before: Surroundings,
        after: Surroundings,
    ) -> Option<Outcome> {
        let code = status.code();
        // Who had a valid token all the time has nothing to suffer from the provider.
        let in_outage = before.weather.was_bad_until(after.weather) && !self.world.logins.covered(before.at, after.at);
        // Behind a restart, until its channel has been answered by the new server.
        let in_restart =
            before.epoch != after.epoch || !before.epoch.is_up() || !before.epoch.is_answered_by(before.answered_by);
        if let Some(error) = auth_error(status) {
            let as_documented = matches!(code, Code::Unavailable | Code::Unauthenticated) && error.is_transient();
            return (in_outage && as_documented).then_some(Outcome::NoToken(code));
        }
        match code {
            Code::DeadlineExceeded if in_outage || in_restart => Some(Outcome::DeadlinePassed),
            Code::Unauthenticated => attempts.second_rejection().map(Outcome::SecondRejection),
            Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal if in_restart => {
                Some(Outcome::ConnectionLost(code))
            }
            _ => None,
        }
    }
}

fn auth_error(status: &Status) -> Option<&AuthError> {
    let mut cause: Option<&(dyn StdError + 'static)> = status.source();
    while let Some(error) = cause {
        match error.downcast_ref() {
            Some(found) => return Some(found),
            None => cause = error.source(),
        }
    }
    None
}

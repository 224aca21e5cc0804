//! What calls wait for: they join the refresh that runs or begin one, and decide again when it has ended.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    super::{
        AfterRejection, Attachment, Session,
        core::{Purpose, Token},
        sync::{after, on_a_runtime, sleep_until},
    },
    begin::{Joined, Next},
    refresh_task::{RefreshOutcome, RefreshTask},
};
use crate::{AuthError, Credentials};

/// Why those fail who wait for a refresh that a logout ended.
const LOGGED_OUT: &str = "somebody logged out";

/// What a call that waits has left: time, and one loss of a refresh that it began itself.
struct WaitBudget {
    until: Instant,
    lost_one: bool,
}

/// What a call has waited for.
enum Waited {
    Token(Arc<Token>),
    /// The server wants no credentials.
    Unwanted,
    Failed(AuthError),
    /// Nothing: it is to decide again.
    Again,
    /// Nothing: the very login that runs makes this call, and would wait for itself.
    Itself,
}

impl Session {
    /// What a call may send, after a login or refresh where one is needed. A failure that may pass is waited out and
    /// the provider asked again, as long as the deadline leaves time for it; without a deadline for
    /// [`Limits::backoff_wait`](crate::limits::Limits::backoff_wait).
    ///
    /// Cancel safe: a refresh goes on without those who waited for it.
    pub(crate) async fn attachment(&self, deadline: Option<Instant>) -> Result<Attachment, AuthError> {
        self.attach(deadline, false).await
    }

    /// What a call may send that cannot be sent again, such as a long upload or a payment: as
    /// [`attachment`](Self::attachment), but it goes without credentials only where there is no flow, or where the server
    /// says that it wants none or has shown it.
    ///
    /// Cancel safe, as [`attachment`](Self::attachment).
    pub(crate) async fn attachment_for_one_attempt(&self, deadline: Option<Instant>) -> Result<Attachment, AuthError> {
        self.attach(deadline, self.shared.source.has_flow()).await
    }

    async fn attach(&self, deadline: Option<Instant>, one_attempt: bool) -> Result<Attachment, AuthError> {
        let mut budget = self.budget(deadline);
        loop {
            let joined = match self.decide(one_attempt)? {
                Next::Go(attachment) => return Ok(attachment),
                Next::Wait(joined) => joined,
                Next::Fail(error) => {
                    self.wait_for_backoff(error, &budget).await?;
                    continue;
                }
            };
            match self.wait(joined, &mut budget).await? {
                // Rejected by now, perhaps, by another call that had waited for it.
                Waited::Token(token) if self.is_rejected(&token) => {}
                Waited::Token(token) => return Ok(Attachment::Token(token)),
                Waited::Unwanted => return Ok(Attachment::Anonymous),
                Waited::Failed(error) => match self.still_valid() {
                    Some(token) => return Ok(Attachment::Token(token)),
                    None => self.wait_for_backoff(error, &budget).await?,
                },
                Waited::Itself => {
                    return self.still_valid().map(Attachment::Token).ok_or_else(AuthError::waits_for_itself);
                }
                Waited::Again => {}
            }
        }
    }

    /// A server rejected a call of this method and its credentials (none, for generation 0): gets newer ones, once for
    /// all calls that were rejected with the same. Waits as [`attachment`](Self::attachment).
    ///
    /// Cancel safe, as [`attachment`](Self::attachment).
    pub(crate) async fn refresh_after(
        &self,
        generation: u64,
        method: &str,
        deadline: Option<Instant>,
    ) -> AfterRejection {
        self.newer_than(generation, method, deadline).await.unwrap_or_else(AfterRejection::Failed)
    }

    async fn newer_than(
        &self,
        generation: u64,
        method: &str,
        deadline: Option<Instant>,
    ) -> Result<AfterRejection, AuthError> {
        let mut budget = self.budget(deadline);
        loop {
            let joined = match self.reject(generation, Some(method), Purpose::Refresh)? {
                Next::Go(after) => return Ok(after),
                Next::Wait(joined) => joined,
                Next::Fail(error) => {
                    self.wait_for_backoff(error, &budget).await?;
                    continue;
                }
            };
            match self.wait(joined, &mut budget).await? {
                Waited::Token(token) if token.generation <= generation => return Ok(AfterRejection::Stands),
                Waited::Token(token) if self.is_rejected(&token) => {}
                Waited::Token(token) => return Ok(AfterRejection::Replay(token)),
                Waited::Failed(error) => self.wait_for_backoff(error, &budget).await?,
                Waited::Itself => return Err(AuthError::waits_for_itself()),
                Waited::Unwanted | Waited::Again => {}
            }
        }
    }

    /// A server rejected a call that cannot be sent again: the next one is to have better credentials.
    pub(crate) fn mark_rejected(&self, generation: u64, method: Option<&str>) {
        if let Err(error) = self.reject(generation, method, Purpose::RefreshUnattended) {
            tracing::debug!(%error, "no refresh for the next call");
        }
    }

    /// Gets new credentials, whatever there is, or joins the refresh that runs.
    pub(crate) async fn refresh(&self) -> Result<Credentials, AuthError> {
        let mut budget = self.budget(None);
        loop {
            let joined = self.join_or_begin()?;
            match self.wait(joined, &mut budget).await? {
                Waited::Token(token) => return Ok(token.credentials.clone()),
                Waited::Failed(error) => return Err(error),
                Waited::Itself => return Err(AuthError::waits_for_itself()),
                Waited::Unwanted | Waited::Again => {}
            }
        }
    }

    /// Gets credentials unless there are usable ones.
    pub(crate) async fn log_in(&self) -> Result<Credentials, AuthError> {
        let mut budget = self.budget(None);
        loop {
            let joined = match self.decide_on_login()? {
                Next::Go(credentials) => return Ok(credentials),
                Next::Wait(joined) => joined,
                Next::Fail(error) => return Err(error),
            };
            let by_hand = joined.task.purpose() == Purpose::LogIn;
            match self.wait(joined, &mut budget).await? {
                Waited::Token(token) => return Ok(token.credentials.clone()),
                // A refresh that somebody else began stops at refusals which a login by hand does not stop at.
                Waited::Failed(error) if !by_hand && !error.is_transient() => {}
                Waited::Failed(error) => return Err(error),
                Waited::Itself => return Err(AuthError::waits_for_itself()),
                Waited::Unwanted | Waited::Again => {}
            }
        }
    }

    fn is_rejected(&self, token: &Token) -> bool {
        token.generation <= self.shared.snapshot.load().rejected
    }

    fn still_valid(&self) -> Option<Arc<Token>> {
        let now = self.shared.clock.now();
        self.shared.change(|locked| locked.state.still_valid(&now))
    }

    fn budget(&self, deadline: Option<Instant>) -> WaitBudget {
        let until = deadline.unwrap_or_else(|| after(self.shared.source.limits.backoff_wait));
        WaitBudget { until, lost_one: false }
    }

    /// Waits for the end of a refresh.
    async fn wait(&self, Joined { task, begun }: Joined, budget: &mut WaitBudget) -> Result<Waited, AuthError> {
        if task.runs_here() {
            return Ok(Waited::Itself);
        }
        match task.outcome().await {
            RefreshOutcome::Token(token) => Ok(Waited::Token(token)),
            RefreshOutcome::Failed(error) => Ok(Waited::Failed(error)),
            RefreshOutcome::NothingStored | RefreshOutcome::PersonNeeded => Ok(Waited::Again),
            RefreshOutcome::Unwanted => Ok(Waited::Unwanted),
            RefreshOutcome::LoggedOut => Err(AuthError::interrupted(LOGGED_OUT)),
            RefreshOutcome::Lost(reason) => {
                self.give_up(&task);
                // Where this call's own runtime is at its end, so is the call. Others' say nothing about it.
                match begun && std::mem::replace(&mut budget.lost_one, true) {
                    true => Err(AuthError::interrupted(reason)),
                    false => Ok(Waited::Again),
                }
            }
        }
    }

    /// Makes room for another refresh, if this one still counts as running.
    fn give_up(&self, task: &RefreshTask) {
        if !self.shared.change(|locked| locked.state.runs(task.id())) {
            return;
        }
        // First, so that it does not go on beside the one that takes its place.
        task.abort();
        let gave_up = self.shared.change(|locked| {
            let runs = locked.state.runs(task.id());
            if runs {
                locked.state.abandon();
            }
            runs
        });
        if gave_up {
            tracing::warn!("a login was given up; another takes its place");
        }
    }

    /// Waits until the provider may be asked again, or fails with what it failed with.
    async fn wait_for_backoff(&self, error: AuthError, budget: &WaitBudget) -> Result<(), AuthError> {
        let now = self.shared.clock.now();
        let again_at = self.shared.change(|locked| locked.state.again_at(&now));
        match again_at.filter(|again_at| *again_at < budget.until && on_a_runtime()) {
            Some(again_at) => {
                tracing::debug!(%error, "waiting to ask for credentials again");
                sleep_until(again_at).await;
                Ok(())
            }
            None => Err(error),
        }
    }
}

//! What calls wait for: they join the flight under way or start one, and decide again when it has come down.

use std::sync::Arc;

use tokio::time::Instant;
use tracing::Instrument as _;

use super::{
    AfterRejection, Attachment, Session,
    flight::{self, Errand, Flight, Landed, fly},
    state::{Decision, Rejection, State},
    sync::{Handle, MutexGuard, sleep_until},
    token::Token,
};
use crate::{AuthError, Credentials};

/// What a call that waits has left: time until its deadline, and one loss of a flight that it started itself.
struct Patience {
    deadline: Option<Instant>,
    lost_one: bool,
}

impl Patience {
    fn until(deadline: Option<Instant>) -> Self {
        Self { deadline, lost_one: false }
    }
}

/// A flight that a call waits for.
struct Awaited {
    flight: Flight,
    /// By this call, and so on its runtime.
    started: bool,
}

impl Awaited {
    fn joined(flight: Flight) -> Self {
        Self { flight, started: false }
    }
}

/// What a call has waited for.
enum Landing {
    Token(Arc<Token>),
    /// The server wants no credentials.
    Unwanted,
    Failed(AuthError),
    /// Nothing: it is to decide again.
    Again,
}

/// What a call is to do next.
enum Next<T> {
    Go(T),
    Wait(Awaited),
    /// With this, unless there is time to wait for something better.
    Fail(AuthError),
}

impl Session {
    /// What a call may send, after a login or refresh where one is needed. With a deadline, a failure that may pass is
    /// waited out and the provider asked again, as long as the deadline leaves time for it.
    ///
    /// Cancel safe: a refresh goes on without those who waited for it.
    pub(crate) async fn attachment(&self, deadline: Option<Instant>) -> Result<Attachment, AuthError> {
        self.attach(deadline, true).await
    }

    /// What a call may send that cannot be sent again, such as a long upload: as [`attachment`](Self::attachment), but it
    /// goes without credentials only where there is no flow, or where the server says that it wants none or has shown it.
    ///
    /// Cancel safe, as [`attachment`](Self::attachment).
    pub(crate) async fn attachment_for_upload(&self, deadline: Option<Instant>) -> Result<Attachment, AuthError> {
        let anonymous = !self.shared.provider.has_flow() || self.shared.snapshot.load().anonymous_accepted;
        self.attach(deadline, anonymous).await
    }

    async fn attach(&self, deadline: Option<Instant>, anonymous: bool) -> Result<Attachment, AuthError> {
        let mut patience = Patience::until(deadline);
        loop {
            let flight = match self.decide(anonymous)? {
                Next::Go(attachment) => return Ok(attachment),
                Next::Wait(flight) => flight,
                Next::Fail(error) => {
                    self.wait_out(error, &patience).await?;
                    continue;
                }
            };
            match self.landed(flight, &mut patience).await? {
                // Rejected by now, perhaps, by another call that had waited for it.
                Landing::Token(token) if self.is_rejected(&token) => {}
                Landing::Token(token) => return Ok(Attachment::Token(token)),
                Landing::Unwanted => return Ok(Attachment::Anonymous),
                Landing::Failed(error) => {
                    let still_valid = self.shared.lock().still_valid(&self.shared.clock.now());
                    match still_valid {
                        Some(issued) => return Ok(Attachment::Token(issued)),
                        None => self.wait_out(error, &patience).await?,
                    }
                }
                Landing::Again => {}
            }
        }
    }

    /// A server rejected a call of this method and its credentials (none, for generation 0): gets newer ones, once for
    /// all calls that were rejected with the same. A deadline as for [`attachment`](Self::attachment).
    ///
    /// Cancel safe, as [`attachment`](Self::attachment).
    pub(crate) async fn refresh_after(
        &self,
        generation: u64,
        method: &str,
        deadline: Option<Instant>,
    ) -> AfterRejection {
        self.better_than(generation, method, deadline).await.unwrap_or_else(AfterRejection::Failed)
    }

    async fn better_than(
        &self,
        generation: u64,
        method: &str,
        deadline: Option<Instant>,
    ) -> Result<AfterRejection, AuthError> {
        let mut patience = Patience::until(deadline);
        loop {
            let flight = match self.reject(generation, Some(method))? {
                Next::Go(after) => return Ok(after),
                Next::Wait(flight) => flight,
                Next::Fail(error) => {
                    self.wait_out(error, &patience).await?;
                    continue;
                }
            };
            match self.landed(flight, &mut patience).await? {
                Landing::Token(token) if token.generation <= generation => return Ok(AfterRejection::Stands),
                Landing::Token(token) if self.is_rejected(&token) => {}
                Landing::Token(token) => return Ok(AfterRejection::Replay(token)),
                Landing::Failed(error) => self.wait_out(error, &patience).await?,
                Landing::Unwanted | Landing::Again => {}
            }
        }
    }

    /// A server rejected a call that cannot be sent again: the next one is to have better credentials.
    pub(crate) fn mark_rejected(&self, generation: u64, method: Option<&str>) {
        if let Err(error) = self.reject(generation, method) {
            tracing::debug!(%error, "no refresh for the next call");
        }
    }

    /// Gets new credentials, whatever there is, or joins the refresh in flight.
    pub(crate) async fn refresh(&self) -> Result<Credentials, AuthError> {
        let mut patience = Patience::until(None);
        loop {
            let flight = self.join_or_start(self.shared.lock())?;
            match self.landed(flight, &mut patience).await? {
                Landing::Token(token) => return Ok(token.credentials.clone()),
                Landing::Failed(error) => return Err(error),
                Landing::Unwanted | Landing::Again => {}
            }
        }
    }

    /// Gets credentials unless there are usable ones.
    pub(crate) async fn login(&self) -> Result<Credentials, AuthError> {
        let mut patience = Patience::until(None);
        loop {
            let flight = match self.decide_on_login()? {
                Next::Go(credentials) => return Ok(credentials),
                Next::Wait(flight) => flight,
                Next::Fail(error) => return Err(error),
            };
            match self.landed(flight, &mut patience).await? {
                Landing::Token(token) => return Ok(token.credentials.clone()),
                Landing::Failed(error) => return Err(error),
                Landing::Unwanted | Landing::Again => {}
            }
        }
    }

    // Each of these decides and, where a flight is to start, lets it take off under the same lock. Between two locks
    // another could start and land, and what it brought would be replaced at once.

    fn decide(&self, anonymous: bool) -> Result<Next<Attachment>, AuthError> {
        let now = self.shared.clock.now();
        let state = self.shared.lock();
        Ok(match state.decide(&now, anonymous) {
            Decision::Attach(issued) => Next::Go(Attachment::Token(issued)),
            Decision::AttachAndRefresh(issued) => {
                if let Err(error) = self.start(state, Errand::Refresh) {
                    tracing::debug!(%error, "no background refresh");
                }
                Next::Go(Attachment::Token(issued))
            }
            Decision::Anonymous => Next::Go(Attachment::Anonymous),
            Decision::Wait(flight) => Next::Wait(Awaited::joined(flight)),
            Decision::Load => Next::Wait(self.start(state, Errand::Load)?),
            Decision::Refresh if anonymous => Next::Wait(self.start(state, Errand::Refresh)?),
            Decision::Refresh => Next::Wait(self.start(state, Errand::RefreshIfWanted)?),
            Decision::Fail(error) => Next::Fail(error),
        })
    }

    fn decide_on_login(&self) -> Result<Next<Credentials>, AuthError> {
        let now = self.shared.clock.now();
        let state = self.shared.lock();
        Ok(match state.decide(&now, false) {
            Decision::Attach(issued) | Decision::AttachAndRefresh(issued) => Next::Go(issued.credentials.clone()),
            _ => Next::Wait(self.join_or_start(state)?),
        })
    }

    fn reject(&self, generation: u64, method: Option<&str>) -> Result<Next<AfterRejection>, AuthError> {
        let now = self.shared.clock.now();
        let mut state = self.shared.lock();
        let rejection = state.rejected(generation, method, &now);
        self.shared.publish(&state);
        Ok(match rejection {
            Rejection::Replay(issued) => Next::Go(AfterRejection::Replay(issued)),
            Rejection::GiveUp => Next::Go(AfterRejection::Stands),
            Rejection::Wait(flight) => Next::Wait(Awaited::joined(flight)),
            Rejection::Refresh => Next::Wait(self.start(state, Errand::Refresh)?),
            Rejection::Fail(error) => Next::Fail(error),
        })
    }

    fn join_or_start(&self, state: MutexGuard<'_, State>) -> Result<Awaited, AuthError> {
        match state.flight() {
            Some(flight) => Ok(Awaited::joined(flight)),
            None => self.start(state, Errand::Refresh),
        }
    }

    fn is_rejected(&self, issued: &Token) -> bool {
        issued.generation <= self.shared.snapshot.load().rejected
    }

    /// Starts the one flight: there is none.
    fn start(&self, mut state: MutexGuard<'_, State>, errand: Errand) -> Result<Awaited, AuthError> {
        let runtime = Handle::try_current().map_err(|_| AuthError::no_runtime())?;
        let flight = Flight::new(self.shared.provider.longest_login());
        let previous = state.take_off(flight.clone());
        self.shared.publish(&state);
        // Spawned without a lock: a runtime that shuts down drops the task here and now, and with it the landing,
        // which takes the lock.
        drop(state);
        let landing = flight::Landing::new(Arc::clone(&self.shared), flight.clone());
        let span = tracing::info_span!("login", endpoint = %self.shared.provider.endpoint);
        flight.runs_in(runtime.spawn(fly(errand, previous, landing).instrument(span)).abort_handle());
        Ok(Awaited { flight, started: true })
    }

    /// Waits for the end of a flight.
    async fn landed(
        &self,
        Awaited { flight, started }: Awaited,
        patience: &mut Patience,
    ) -> Result<Landing, AuthError> {
        match flight.arrival().await {
            Landed::Refreshed(Ok(token)) => Ok(Landing::Token(token)),
            Landed::Refreshed(Err(error)) => Ok(Landing::Failed(error)),
            Landed::NothingStored => Ok(Landing::Again),
            Landed::Unwanted => Ok(Landing::Unwanted),
            Landed::Lost(reason) => {
                self.give_up(&flight);
                // Where this call's own runtime is at its end, so is the call. Others' say nothing about it.
                match started && std::mem::replace(&mut patience.lost_one, true) {
                    true => Err(AuthError::interrupted(reason)),
                    false => Ok(Landing::Again),
                }
            }
        }
    }

    /// Makes room for another flight, if this one is still expected.
    fn give_up(&self, flight: &Flight) {
        if !self.shared.lock().expects(flight) {
            return;
        }
        // First, so that it does not go on beside the one that takes its place.
        flight.abort();
        let expected = self.shared.change(|state| {
            let expected = state.expects(flight);
            if expected {
                state.lost();
            }
            expected
        });
        if expected {
            tracing::warn!("a login does not come to its end; another takes its place");
        }
    }

    /// Waits until the provider may be asked again, or fails with what it failed with.
    async fn wait_out(&self, error: AuthError, patience: &Patience) -> Result<(), AuthError> {
        let Some(deadline) = patience.deadline else { return Err(error) };
        let now = self.shared.clock.now();
        let again_at = self.shared.lock().again_at(&now);
        match again_at.filter(|again_at| *again_at < deadline) {
            Some(again_at) => {
                tracing::debug!(%error, "waiting to ask for credentials again");
                sleep_until(again_at).await;
                Ok(())
            }
            None => Err(error),
        }
    }
}

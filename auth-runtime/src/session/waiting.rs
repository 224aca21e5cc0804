//! What calls wait for: they join the flight under way or start one, and decide again when it has come down.

use std::sync::{Arc, PoisonError};

use tokio::time::Instant;
use tracing::Instrument as _;

use super::{
    AfterRejection, Attachment, Session,
    flight::{Errand, Flight, Landed, Landing, fly},
    issued::Issued,
    state::{Decision, Rejection},
    sync::{Handle, sleep_until},
};
use crate::{AuthError, Credentials};

/// What a call that waits has left: time until its deadline, and one loss of a runtime that was not its own.
struct Patience {
    deadline: Option<Instant>,
    lost_one: bool,
}

impl Patience {
    fn until(deadline: Option<Instant>) -> Self {
        Self { deadline, lost_one: false }
    }
}

impl Session {
    /// What a call may send, after a login or refresh where one is needed. With a deadline, a failure that may pass is
    /// waited out and the provider asked again, as long as the deadline leaves time for it.
    ///
    /// Cancel safe: a refresh goes on without those who waited for it.
    pub(crate) async fn attachment(&self, deadline: Option<Instant>) -> Result<Attachment, AuthError> {
        let mut patience = Patience::until(deadline);
        loop {
            let flight = match self.decide() {
                Decision::Attach(issued) => return Ok(Attachment::Credentials(issued)),
                Decision::AttachAndRefresh(issued) => {
                    if let Err(error) = self.join_or_start(Errand::Refresh) {
                        tracing::debug!(%error, "no background refresh");
                    }
                    return Ok(Attachment::Credentials(issued));
                }
                Decision::Bare => return Ok(Attachment::Bare),
                Decision::Fail(error) => {
                    self.wait_out(error, &patience).await?;
                    continue;
                }
                Decision::Wait(flight) => flight,
                Decision::Load => self.join_or_start(Errand::Load)?,
                Decision::Refresh => self.join_or_start(Errand::Refresh)?,
            };
            match self.landed(flight, &mut patience).await? {
                // Rejected by now, perhaps, by another call that had waited for it.
                Some(Ok(issued)) if self.is_rejected(&issued) => {}
                Some(Ok(issued)) => return Ok(Attachment::Credentials(issued)),
                Some(Err(error)) => {
                    let still_valid = self.shared.lock().still_valid(&self.shared.clock.now());
                    match still_valid {
                        Some(issued) => return Ok(Attachment::Credentials(issued)),
                        None => self.wait_out(error, &patience).await?,
                    }
                }
                None => {}
            }
        }
    }

    /// A server rejected a call of this method and its credentials (none, for generation 0): gets newer ones, once for
    /// all calls that were rejected with the same. A deadline as for [`attachment`](Self::attachment).
    ///
    /// Cancel safe, as [`attachment`](Self::attachment).
    pub(crate) async fn after_rejection(
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
            let flight = match self.reject(generation, Some(method)) {
                Rejection::Replay(issued) => return Ok(AfterRejection::Replay(issued)),
                Rejection::GiveUp => return Ok(AfterRejection::Stands),
                Rejection::Fail(error) => {
                    self.wait_out(error, &patience).await?;
                    continue;
                }
                Rejection::Wait(flight) => flight,
                Rejection::Refresh => self.join_or_start(Errand::Refresh)?,
            };
            match self.landed(flight, &mut patience).await? {
                Some(Ok(issued)) if issued.generation <= generation => return Ok(AfterRejection::Stands),
                Some(Ok(issued)) if self.is_rejected(&issued) => {}
                Some(Ok(issued)) => return Ok(AfterRejection::Replay(issued)),
                Some(Err(error)) => self.wait_out(error, &patience).await?,
                None => {}
            }
        }
    }

    /// A server rejected a call that cannot be sent again: the next one is to have better credentials.
    pub(crate) fn rejected_for_good(&self, generation: u64, method: Option<&str>) {
        if let Rejection::Refresh = self.reject(generation, method)
            && let Err(error) = self.join_or_start(Errand::Refresh)
        {
            tracing::debug!(%error, "no refresh for the next call");
        }
    }

    /// Gets new credentials, whatever there is, or joins the refresh in flight.
    pub(crate) async fn refresh(&self) -> Result<Credentials, AuthError> {
        let mut patience = Patience::until(None);
        loop {
            let flight = self.join_or_start(Errand::Refresh)?;
            if let Some(outcome) = self.landed(flight, &mut patience).await? {
                return outcome.map(|issued| issued.credentials.clone());
            }
        }
    }

    /// Gets credentials unless there are usable ones.
    pub(crate) async fn login(&self) -> Result<Credentials, AuthError> {
        match self.decide() {
            Decision::Attach(issued) | Decision::AttachAndRefresh(issued) => Ok(issued.credentials.clone()),
            _ => self.refresh().await,
        }
    }

    fn decide(&self) -> Decision {
        let now = self.shared.clock.now();
        self.shared.lock().decide(&now)
    }

    fn reject(&self, generation: u64, method: Option<&str>) -> Rejection {
        let now = self.shared.clock.now();
        self.shared.change(|state| state.rejected(generation, method, &now))
    }

    fn is_rejected(&self, issued: &Issued) -> bool {
        issued.generation <= self.shared.view.load().rejected
    }

    /// The one flight; starts it, for this errand, if there is none.
    fn join_or_start(&self, errand: Errand) -> Result<Flight, AuthError> {
        let (sender, flight, previous, runtime) = {
            let mut state = self.shared.lock();
            if let Some(flight) = state.flight() {
                return Ok(flight);
            }
            let runtime = Handle::try_current().map_err(|_| AuthError::NoRuntime)?;
            let (sender, flight) = Flight::new(self.shared.provider.longest_login());
            let previous = state.take_off(flight.clone());
            self.shared.publish(&state);
            (sender, flight, previous, runtime)
        };
        // Spawned without a lock: a runtime that shuts down drops the task here and now, and with it the landing,
        // which takes the lock.
        let landing = Landing::new(Arc::clone(&self.shared), sender, flight.clone());
        let span = tracing::info_span!("login", endpoint = %self.shared.provider.endpoint);
        let task = runtime.spawn(fly(errand, previous, landing).instrument(span)).abort_handle();
        *self.shared.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        Ok(flight)
    }

    /// Waits for the end of a flight. `None` where there is something new to decide on.
    async fn landed(
        &self,
        flight: Flight,
        patience: &mut Patience,
    ) -> Result<Option<Result<Arc<Issued>, AuthError>>, AuthError> {
        match flight.clone().arrival().await {
            Landed::Refreshed(outcome) => Ok(Some(outcome)),
            Landed::NothingStored => Ok(None),
            Landed::Lost(reason) => {
                self.give_up(&flight);
                // The flight may have been another runtime's. If this one is at its end too, so is the call.
                match std::mem::replace(&mut patience.lost_one, true) {
                    true => Err(AuthError::Interrupted { reason }),
                    false => Ok(None),
                }
            }
        }
    }

    /// Makes room for another flight, if this one is still expected.
    fn give_up(&self, flight: &Flight) {
        let expected = self.shared.change(|state| {
            let expected = state.expects(flight);
            if expected {
                state.lost();
            }
            expected
        });
        if expected && let Some(task) = self.shared.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            tracing::warn!("a login does not come to its end; another takes its place");
            task.abort();
        }
    }

    /// Waits until the provider may be asked again, or fails with what it failed with.
    async fn wait_out(&self, error: AuthError, patience: &Patience) -> Result<(), AuthError> {
        let Some(deadline) = patience.deadline else { return Err(error) };
        let now = self.shared.clock.now();
        let again_at = self.shared.lock().worth_waiting_until(&now);
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

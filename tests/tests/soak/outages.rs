//! When the provider was down, and for how long that may be felt.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_runtime::Authenticator;
use tokio::time::sleep;

use super::logins::Logins;

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What a call notes at its beginning and at its end: an outage lies between them, or about one of them, if they say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weather {
    outages: u64,
    felt: bool,
}

impl Weather {
    /// Whether an outage was felt at some time from `self` to `end`.
    pub(crate) fn was_bad_until(self, end: Self) -> bool {
        self.felt || end.felt || self.outages != end.outages
    }
}

/// An outage is felt until the session has got its next token: behind the provider's return there is the rest of the
/// session's back-off, in which nobody asks. A token that is over when it comes is such an outage as well.
pub(crate) struct Outages {
    authenticator: Authenticator,
    logins: Arc<Logins>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    begun: u64,
    down: bool,
    /// How many tokens the session had got when the last outage ended.
    brought_by_its_end: Option<u64>,
}

impl Outages {
    pub(crate) fn of(authenticator: Authenticator, logins: Arc<Logins>) -> Self {
        Self { authenticator, logins, state: Mutex::default() }
    }

    pub(crate) fn begin(&self) {
        let mut state = self.state.lock().unwrap();
        state.begun += 1;
        state.down = true;
    }

    pub(crate) fn end(&self) {
        let brought = self.brought();
        let mut state = self.state.lock().unwrap();
        state.down = false;
        state.brought_by_its_end = Some(brought);
    }

    pub(crate) fn begun(&self) -> u64 {
        self.state.lock().unwrap().begun
    }

    pub(crate) fn weather(&self) -> Weather {
        let (brought, came_too_late) = (self.brought(), self.logins.last_came_too_late());
        let state = self.state.lock().unwrap();
        let felt = came_too_late || state.down || state.brought_by_its_end.is_some_and(|before| brought <= before);
        Weather { outages: state.begun, felt }
    }

    /// Waits until no outage is felt.
    pub(crate) async fn passed(&self) {
        while self.weather().felt {
            sleep(LOOK_AGAIN).await;
        }
    }

    fn brought(&self) -> u64 {
        let statistics = self.authenticator.statistics();
        statistics.logins() + statistics.refreshes()
    }
}

//! A place where something waits until the test says go on.

use tokio::sync::watch;

use crate::guard::within_reason;

/// Holds whoever passes until it is opened, and tells the test when somebody has arrived.
#[derive(Debug, Clone)]
pub struct Gate {
    state: watch::Sender<State>,
}

#[derive(Debug, Default)]
struct State {
    open: bool,
    arrived: usize,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self { state: watch::Sender::new(State::default()) }
    }

    /// Lets everybody pass, now and later.
    pub fn open(&self) {
        self.state.send_modify(|state| state.open = true);
    }

    /// Waits until the gate is open.
    pub async fn pass(&self) {
        let mut receiver = self.state.subscribe();
        self.state.send_modify(|state| state.arrived += 1);
        // The sender is this gate itself, so it cannot be gone.
        let _ = receiver.wait_for(|state| state.open).await;
    }

    /// Waits until so many have arrived, whether or not they have passed since.
    ///
    /// # Panics
    ///
    /// If that does not happen in any reasonable time.
    pub async fn arrived(&self, count: usize) {
        let mut receiver = self.state.subscribe();
        within_reason("arrivals at a gate", receiver.wait_for(|state| state.arrived >= count)).await.unwrap();
    }

    /// How many have arrived so far.
    pub fn arrivals(&self) -> usize {
        self.state.borrow().arrived
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

//! The messages of a call: numbered, and made so that none can be taken for one of another call.

use tests::calls::Message;

use super::ledger::CallId;

/// The largest payload. With [`LONGEST`] far below what is kept for a replay.
const PAYLOAD: u64 = 2048;

/// The most messages in one direction.
pub(crate) const LONGEST: u64 = 20;

/// The n-th message of a call, in one direction.
pub(crate) fn message(call: CallId, number: u64) -> Message {
    let length = (call.number * 31 + number * 7 + call.caller as u64) * 97 % PAYLOAD;
    let payload = (0..length).map(|place| (place + number) as u8).collect();
    Message { number, payload, text: call.to_string() }
}

/// Counts the messages that arrive, and looks at each.
pub(crate) struct Arrivals {
    call: CallId,
    count: u64,
}

impl Arrivals {
    pub(crate) fn of(call: CallId) -> Self {
        Self { call, count: 0 }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Fails unless this is the next message.
    pub(crate) fn next(&mut self, arrived: &Message) -> Result<(), String> {
        if *arrived != message(self.call, self.count) {
            let (number, length) = (arrived.number, arrived.payload.len());
            return Err(format!(
                "call {}: message {} was expected, and {number} of call {} with {length} bytes arrived",
                self.call, self.count, arrived.text
            ));
        }
        self.count += 1;
        Ok(())
    }
}

impl std::fmt::Display for Arrivals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "call {}", self.call)
    }
}

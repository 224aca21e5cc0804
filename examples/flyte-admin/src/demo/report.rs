//! The table of what happened.

use std::io::{self, Write};

use crate::error_chain::error_chain;

/// What a step did, when all came as it should.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) calls: usize,
    pub(super) text: String,
}

/// What all sessions did, and what the token endpoint saw of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) logins: u64,
    pub(super) refreshes: u64,
    pub(super) failures: u64,
    pub(super) replays: u64,
    pub(super) token_requests: u64,
}

/// Writes a row as soon as its step is over.
pub(super) struct Report<'a, W> {
    output: &'a mut W,
    steps: u32,
    failed: u32,
}

impl<'a, W: Write> Report<'a, W> {
    pub(super) fn begin(output: &'a mut W) -> io::Result<Self> {
        writeln!(output, "{:<36}{:>5}  outcome", "step", "calls")?;
        writeln!(output, "{}", "─".repeat(100))?;
        Ok(Self { output, steps: 0, failed: 0 })
    }

    pub(super) fn row(&mut self, step: &str, result: anyhow::Result<Outcome>) -> io::Result<()> {
        self.steps += 1;
        match result {
            Ok(Outcome { calls, text }) => writeln!(self.output, "{step:<36}{calls:>5}  {text}"),
            Err(error) => {
                self.failed += 1;
                writeln!(self.output, "{step:<36}{:>5}  NOT AS IT SHOULD BE: {}", "-", error_chain(&error))
            }
        }?;
        self.output.flush()
    }

    /// Ends the table; true if everything came as it should.
    pub(super) fn totals(self, totals: Totals) -> io::Result<bool> {
        let Self { output, steps, failed } = self;
        let Totals { logins, refreshes, failures, replays, token_requests } = totals;
        writeln!(output, "{}", "─".repeat(100))?;
        writeln!(output, "logins {logins}, refreshes {refreshes}, failed logins {failures}")?;
        writeln!(output, "requests at the token endpoint {token_requests}, replayed calls {replays}\n")?;
        let accounted = logins + refreshes + failures == token_requests;
        if !accounted {
            writeln!(output, "NOT AS IT SHOULD BE: the token endpoint saw other requests than these")?;
        }
        writeln!(output, "{} of {steps} steps came as they should.", steps - failed)?;
        output.flush()?;
        Ok(failed == 0 && accounted)
    }
}

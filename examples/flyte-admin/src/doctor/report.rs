//! What was found, for people and for programs.

use std::{io::Write, process::ExitCode};

use serde_json::json;

use super::{
    contract,
    finding::{Finding, Level},
};
use crate::{contract::Observation, exit::Failure};

/// All that was found.
pub(super) struct Report {
    pub(super) endpoint: String,
    pub(super) findings: Vec<Finding>,
    pub(super) contract: Vec<Observation>,
}

impl Report {
    /// The first failure names the code: what comes after it mostly follows from it.
    fn failure(&self) -> Option<Failure> {
        self.findings.iter().find_map(|finding| match finding.level {
            Level::Wrong(failure) => Some(failure),
            _ => None,
        })
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        self.failure().map_or(ExitCode::SUCCESS, ExitCode::from)
    }

    pub(super) fn write(&self, output: &mut impl Write) -> anyhow::Result<()> {
        for Finding { check, level, text } in &self.findings {
            writeln!(output, "{:<5}  {check:<13}  {text}", level.word())?;
        }
        if !self.contract.is_empty() {
            writeln!(output, "\nWhat the server answers to calls without credentials that count:")?;
            for observation in self.contract.iter().filter(|observation| contract::is_call(observation)) {
                writeln!(output, "{}", contract::lines(observation))?;
            }
            writeln!(output, "Not asked, as it takes a token: {}.", contract::left_out())?;
        }
        let count = |word| self.findings.iter().filter(|finding| finding.level.word() == word).count();
        match (count("wrong"), count("look")) {
            (0, 0) => writeln!(output, "\nAll is well.")?,
            (0, look) => writeln!(output, "\nNothing is wrong; worth a look: {look}.")?,
            (wrong, look) => writeln!(output, "\nWrong: {wrong}; worth a look: {look}.")?,
        }
        Ok(())
    }

    pub(super) fn write_json(&self, output: &mut impl Write) -> anyhow::Result<()> {
        let findings = self
            .findings
            .iter()
            .map(|Finding { check, level, text }| json!({ "check": check, "level": level.word(), "text": text }));
        let document = json!({
            "endpoint": self.endpoint,
            "well": self.failure().is_none(),
            "exit_code": self.failure().map_or(0, Failure::number),
            "findings": findings.collect::<Vec<_>>(),
            "contract": self.contract.iter().map(contract::json).collect::<Vec<_>>(),
        });
        writeln!(output, "{document:#}")?;
        Ok(())
    }
}

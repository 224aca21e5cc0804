//! What a flyteadmin 1.16 and its provider were seen to answer: one table, to which the stand-in is held by its tests, and
//! beside which `flyte-admin doctor` puts what another server answers.

mod calls;
mod metadata;
mod web;

pub use self::{
    calls::{CALLS, Call, Token},
    metadata::{client, is_flytes_own, metadata},
    web::{Page, Seen},
};

/// One line of the table, as a server was asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What was asked.
    pub asked: &'static str,
    /// What this server answered.
    pub found: String,
    /// What flyteadmin answers.
    pub flyteadmin: String,
    /// Whether that is the same.
    pub verdict: Verdict,
}

/// How an answer stands beside flyteadmin's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The same.
    Same,
    /// Another one, and what it means.
    Differs(&'static str),
    /// Another one, which may keep somebody from logging in.
    Doubtful(&'static str),
}

impl Observation {
    /// The server answered `found`; where that is not flyteadmin's answer, `otherwise` says what it means.
    fn compare(
        asked: &'static str,
        found: impl Into<String>,
        flyteadmin: impl Into<String>,
        otherwise: Verdict,
    ) -> Self {
        let (found, flyteadmin) = (found.into(), flyteadmin.into());
        let verdict = if found == flyteadmin { Verdict::Same } else { otherwise };
        Self { asked, found, flyteadmin, verdict }
    }

    /// Whether flyteadmin answers the same.
    pub fn is_flyteadmins(&self) -> bool {
        self.verdict == Verdict::Same
    }
}

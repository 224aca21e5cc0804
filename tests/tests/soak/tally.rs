//! How the calls ended.

use std::{collections::BTreeMap, fmt, sync::Mutex};

use tests::call::Kind;
use tonic::Code;

use super::ledger::SecondRejection;

/// How a call ended: well, or in one of the ways that there is a reason for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All messages came, perhaps behind a rejection that the caller did not see.
    Complete { replayed: bool },
    /// The caller dropped it.
    Abandoned,
    /// There was no valid token, during an outage of the provider.
    NoToken(Code),
    /// The server was restarted.
    ConnectionLost(Code),
    /// Its deadline passed during an outage or a restart.
    DeadlinePassed,
    /// The token of the second attempt was no good either.
    SecondRejection(SecondRejection),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete { replayed: false } => f.write_str("complete"),
            Self::Complete { replayed: true } => f.write_str("complete at the second attempt"),
            Self::Abandoned => f.write_str("dropped by the caller"),
            Self::NoToken(code) => write!(f, "no token, the provider being down: {code:?}"),
            Self::ConnectionLost(code) => write!(f, "the server being restarted: {code:?}"),
            Self::DeadlinePassed => f.write_str("deadline passed, one of both being down"),
            Self::SecondRejection(why) => write!(f, "second token: {why:?}"),
        }
    }
}

/// Counts calls by kind and outcome.
#[derive(Default)]
pub(crate) struct Tally {
    counts: Mutex<BTreeMap<String, [u64; Kind::ALL.len()]>>,
}

impl Tally {
    pub(crate) fn count(&self, kind: Kind, outcome: Outcome) {
        let place = Kind::ALL.iter().position(|known| *known == kind).unwrap();
        let mut counts = self.counts.lock().unwrap();
        match counts.get_mut(&*outcome.to_string()) {
            Some(counts) => counts[place] += 1,
            None => {
                let mut first = [0; Kind::ALL.len()];
                first[place] = 1;
                counts.insert(outcome.to_string(), first);
            }
        }
    }

    /// All calls, and those of the kind that has the fewest.
    pub(crate) fn calls(&self) -> (u64, u64) {
        let kinds = self.by_kind();
        (kinds.iter().sum(), kinds.into_iter().min().unwrap_or_default())
    }

    fn by_kind(&self) -> [u64; Kind::ALL.len()] {
        let counts = self.counts.lock().unwrap();
        std::array::from_fn(|kind| counts.values().map(|counts| counts[kind]).sum())
    }

    pub(crate) fn completed_at_the_second_attempt(&self) -> u64 {
        let counts = self.counts.lock().unwrap();
        counts.get(&Outcome::Complete { replayed: true }.to_string()).map_or(0, |counts| counts.iter().sum())
    }
}

/// A table.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, counts: [u64; Kind::ALL.len()]| {
            let all: u64 = counts.iter().sum();
            write!(f, "{name:<50}{all:>10}")?;
            counts.iter().try_for_each(|count| write!(f, "{count:>18}"))?;
            writeln!(f)
        };
        self.counts.lock().unwrap().iter().try_for_each(|(outcome, counts)| row(outcome, *counts))?;
        row("all", self.by_kind())?;
        let names = Kind::ALL.map(|kind| format!("{kind:?}"));
        write!(f, "{:<60}", "")?;
        names.iter().try_for_each(|name| write!(f, "{name:>18}"))
    }
}

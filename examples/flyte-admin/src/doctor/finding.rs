//! What a check found.

use std::error::Error as _;

use auth_runtime::AuthError;

use crate::{error_chain::error_chain, exit::Failure, plain_text::plain_text};

/// How a finding is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It may be meant so.
    Look,
    /// Calls or logins fail.
    Wrong(Failure),
}

impl Level {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Look => "look",
            Self::Wrong(_) => "wrong",
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) level: Level,
    pub(super) text: String,
}

impl Finding {
    pub(super) fn ok(check: &'static str, text: impl AsRef<str>) -> Self {
        Self::new(check, Level::Ok, text)
    }

    pub(super) fn look(check: &'static str, text: impl AsRef<str>) -> Self {
        Self::new(check, Level::Look, text)
    }

    pub(super) fn wrong(check: &'static str, failure: Failure, text: impl AsRef<str>) -> Self {
        Self::new(check, Level::Wrong(failure), text)
    }

    /// The error with its causes, from where it began: what was asked for says nothing more.
    pub(super) fn failed(check: &'static str, error: &AuthError) -> Self {
        let error = innermost(error);
        Self::wrong(check, Failure::of_auth(error), error_chain(&error.clone().into()))
    }

    fn new(check: &'static str, level: Level, text: impl AsRef<str>) -> Self {
        Self { check, level, text: plain_text(text.as_ref()) }
    }
}

fn innermost(error: &AuthError) -> &AuthError {
    let mut innermost = error;
    let mut cause = error.source();
    while let Some(error) = cause {
        innermost = error.downcast_ref().unwrap_or(innermost);
        cause = error.source();
    }
    innermost
}

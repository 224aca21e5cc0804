//! What the program printed: a token, or something that is none.

use std::{io, process::ExitStatus, time::Duration};

use super::{json, redaction};
use crate::{AuthError, Credentials, limits};

/// A line's end is no part of the token: `\n`.
const LINE_END_BYTES: usize = 1;

/// What some programs of Windows put before their text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The end of a run.
pub(super) struct Output {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Why a run brought no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error("it cannot be run; is it installed, and in the PATH of this process?")]
    NotStarted(#[source] io::Error),
    #[error("it ended with {status}{}; run it by hand to see why", words(.stderr))]
    Failed { status: ExitStatus, stderr: String },
    #[error("it did not end within {after:?} and was killed; does it ask for something? it gets no input")]
    TimedOut { after: Duration },
    #[error("it printed nothing{}; it must print a token to its output", words(.stderr))]
    Nothing { stderr: String },
    #[error("it printed {0} lines; it must print one, the token")]
    Lines(usize),
    #[error("it printed a NUL byte; it must print one line, the token")]
    Nul,
    #[error("it printed something that is not text; it must print one line, the token")]
    NotText,
    #[error("it printed more than {0} bytes; it must print one line, the token")]
    TooLong(usize),
    #[error("it printed {0}")]
    Json(json::NoToken),
}

fn words(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(", saying: {stderr}") }
}

/// An error that names the program.
#[derive(Debug, thiserror::Error)]
#[error("the command `{program}` brought no token")]
struct OfProgram {
    program: String,
    source: CommandError,
}

impl CommandError {
    /// A program that is missing or prints nonsense does so again; one that ended with an error or was too slow may do
    /// better next time.
    pub(super) fn into_auth_error(self, program: &str) -> AuthError {
        let transient = matches!(self, Self::Failed { .. } | Self::TimedOut { .. });
        let error = OfProgram { program: program.to_owned(), source: self };
        if transient { AuthError::transient(error) } else { AuthError::permanent(error) }
    }
}

impl Output {
    pub(super) fn credentials(self, max_token_bytes: usize) -> Result<Credentials, CommandError> {
        let stderr = || redaction::clean(&self.stderr, &self.stdout);
        if !self.status.success() {
            return Err(CommandError::Failed { status: self.status, stderr: stderr() });
        }
        if self.stdout.contains(&0) {
            return Err(CommandError::Nul);
        }
        let too_long = self.stdout.len() > max_token_bytes.saturating_add(LINE_END_BYTES);
        let text = match std::str::from_utf8(&self.stdout) {
            Ok(text) => text.trim_start_matches(BYTE_ORDER_MARK).trim(),
            Err(_) if too_long => return Err(CommandError::TooLong(max_token_bytes)),
            Err(_) => return Err(CommandError::NotText),
        };
        if json::looks_like_it(text) && self.stdout.len() < max_token_bytes.saturating_add(limits::MAX_COMMAND_JSON) {
            return json::credentials(text).map_err(CommandError::Json);
        }
        if too_long {
            return Err(CommandError::TooLong(max_token_bytes));
        }
        match text.lines().count() {
            0 => Err(CommandError::Nothing { stderr: stderr() }),
            1 => Ok(Credentials::new(text)),
            count => Err(CommandError::Lines(count)),
        }
    }
}

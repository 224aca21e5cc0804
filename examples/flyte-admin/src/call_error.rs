//! A failed call, told to people.

use std::{error::Error, fmt};

use tonic::{Code, Status};

/// A failed call: what the server said, or why it was not asked.
#[derive(Debug)]
pub struct CallError {
    call: &'static str,
    status: Status,
}

impl CallError {
    /// For `map_err`, with a few words on what the call was to do.
    pub fn of(call: &'static str) -> impl FnOnce(Status) -> Self {
        move |status| Self { call, status }
    }

    /// The status itself.
    pub fn status(&self) -> &Status {
        &self.status
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, status } = self;
        write!(f, "cannot {call}: {:?}", status.code())?;
        match status.message() {
            "" => write!(f, " ({})", status.code())?,
            message => write!(f, ": {message}")?,
        }
        if status.code() == Code::Unimplemented {
            write!(f, " (is this service part of the Flyte that answers at the endpoint?)")?;
        }
        Ok(())
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.status.source()
    }
}

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
        let source = self.status.source()?;
        // A call that was never sent has its reason as message and as source: once is enough.
        if source.to_string() == self.status.message() { source.source() } else { Some(source) }
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use super::*;

    #[test]
    fn a_reason_that_is_message_and_source_is_told_once() {
        let mut status = Status::unauthenticated("no flow");
        status.set_source(Arc::new(io::Error::other("no flow")));
        let error = anyhow::Error::new(CallError::of("list projects")(status));
        assert_eq!(format!("{error:#}"), "cannot list projects: Unauthenticated: no flow");
    }

    #[test]
    fn the_servers_words_come_before_the_reason_why_no_login_helped() {
        let mut status = Status::unauthenticated("Token is expired");
        status.set_source(Arc::new(io::Error::other("wrong secret")));
        let error = anyhow::Error::new(CallError::of("list projects")(status));
        assert_eq!(format!("{error:#}"), "cannot list projects: Unauthenticated: Token is expired: wrong secret");
    }
}

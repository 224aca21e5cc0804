//! An error with what caused it, in one line for people.

use std::{error::Error, sync::Arc};

use tonic::{Status, transport};

/// The error and its causes, without those that only repeat what was said already.
pub(crate) fn error_chain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = words(cause);
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// A status shows its sources as a program sees them, and tonic's own error says nothing: what caused them is told anyway.
fn words(cause: &(dyn Error + 'static)) -> String {
    let cause = match cause.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        Some(shared) => &**shared,
        None => cause,
    };
    match cause.downcast_ref::<Status>() {
        Some(status) => status.message().to_owned(),
        None if cause.is::<transport::Error>() => String::new(),
        None => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use tonic::Status;

    use super::error_chain;
    use crate::CallError;

    fn told(message: &str, source: &'static str) -> String {
        let mut status = Status::unauthenticated(message);
        status.set_source(Arc::new(io::Error::other(source)));
        error_chain(&CallError::of("list projects")(status).into())
    }

    #[test]
    fn a_reason_that_is_message_and_source_is_told_once() {
        assert_eq!(told("no flow", "no flow"), "cannot list projects: Unauthenticated: no flow");
    }

    #[test]
    fn the_servers_words_come_before_the_reason_why_no_login_helped() {
        assert_eq!(
            told("Token is expired", "wrong secret"),
            "cannot list projects: Unauthenticated: Token is expired: wrong secret"
        );
    }
}

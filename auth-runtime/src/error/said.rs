//! A gRPC status as an error or a cause: what was said, where tonic shows it as a program sees it.

use std::{error::Error as StdError, fmt, sync::Arc};

use tonic::Status;

use super::code_name::code_name;

/// The words of a status, or else the name of its code.
pub(super) fn words(status: &Status) -> &str {
    if status.message().is_empty() { code_name(status.code()) } else { status.message() }
}

/// An error of somebody else's, as it is shown here.
pub(super) fn said(error: Box<dyn StdError + Send + Sync>) -> Arc<dyn StdError + Send + Sync> {
    match error.downcast::<Status>() {
        Ok(status) => Arc::new(Said(*status)),
        Err(error) => Arc::from(error),
    }
}

#[derive(Debug)]
struct Said(Status);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(words(&self.0))
    }
}

impl StdError for Said {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

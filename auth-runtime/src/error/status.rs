//! The only place where an [`AuthError`] becomes a gRPC status.

use std::{error::Error as StdError, fmt::Write as _, sync::Arc};

use tonic::{Code, Status};

use super::{AuthError, reason::Reason, said::words};
use crate::plain_text::plain_text;

impl AuthError {
    /// The code under which a call fails when this error kept it from being sent.
    ///
    /// Credentials must not produce codes that speak of the call itself (gRPC proposal A54): whatever a flow returns
    /// becomes UNAVAILABLE, UNAUTHENTICATED, or INTERNAL where the flow is at fault.
    fn code(&self) -> Code {
        match &*self.reason {
            Reason::FlowStatus { status } => match status.code() {
                Code::Ok
                | Code::InvalidArgument
                | Code::NotFound
                | Code::AlreadyExists
                | Code::FailedPrecondition
                | Code::Aborted
                | Code::OutOfRange
                | Code::DataLoss => Code::Internal,
                code => code,
            },
            Reason::Configuration { .. } | Reason::NoRuntime { .. } => Code::Internal,
            _ if self.is_transient() => Code::Unavailable,
            _ => Code::Unauthenticated,
        }
    }

    /// The status of a call that was never sent.
    pub(crate) fn into_status(self) -> Status {
        let mut status = Status::new(self.code(), plain_text(&self.with_causes()));
        status.set_source(Arc::new(self));
        status
    }

    /// This error and what caused it, in one line: a status has one message. A cause that its effect has quoted is not
    /// said again.
    pub(crate) fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let own = match error.downcast_ref::<Status>() {
                Some(status) => words(status).to_owned(),
                None => error.to_string(),
            };
            if !text.ends_with(&own) {
                // Writing to a string does not fail.
                let _ = write!(text, ": {own}");
            }
            cause = error.source();
        }
        text
    }
}

//! Exit codes, so that a script can tell failures apart.

use std::process::ExitCode;

use auth_runtime::{AuthError, AuthErrorKind};
use tonic::{Code, Status};

/// Why a command failed. `docs/flyte.md` and `--help` have the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Other = 1,
    Usage = 2,
    LoginNeeded = 3,
    Refused = 4,
    Unreachable = 5,
}

impl Failure {
    /// The innermost thing that is known decides: why there were no credentials, else what the server answered.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        let causes = || error.chain();
        if causes().any(|cause| cause.is::<UsageError>()) {
            return Self::Usage;
        }
        if let Some(error) = causes().find_map(|cause| cause.downcast_ref::<AuthError>()) {
            return Self::of_auth(error);
        }
        let status = causes().find_map(|cause| match cause.downcast_ref::<crate::CallError>() {
            Some(call) => Some(call.status()),
            None => cause.downcast_ref::<Status>(),
        });
        status.map_or(Self::Other, |status| Self::of_code(status.code()))
    }

    pub(crate) fn of_auth(error: &AuthError) -> Self {
        if error.needs_login() {
            return Self::LoginNeeded;
        }
        match error.kind() {
            AuthErrorKind::NoFlow => Self::LoginNeeded,
            AuthErrorKind::Rejected => Self::Refused,
            AuthErrorKind::Untrusted
            | AuthErrorKind::Unreachable
            | AuthErrorKind::Unavailable
            | AuthErrorKind::TimedOut => Self::Unreachable,
            _ => Self::Other,
        }
    }

    pub(crate) fn of_code(code: Code) -> Self {
        match code {
            Code::Unauthenticated | Code::PermissionDenied => Self::Refused,
            Code::Unavailable | Code::DeadlineExceeded => Self::Unreachable,
            _ => Self::Other,
        }
    }

    pub(crate) fn number(self) -> u8 {
        self as u8
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        failure.number().into()
    }
}

/// What is written on the command line does not go together.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) &'static str);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for UsageError {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::CallError;

    #[test]
    fn a_call_fails_as_the_server_says_and_a_login_as_the_provider_says() {
        let failed = |status| Failure::of(&CallError::of("list projects")(status).into());
        assert_eq!(failed(Status::permission_denied("no")), Failure::Refused);
        assert_eq!(failed(Status::unauthenticated("no")), Failure::Refused);
        assert_eq!(failed(Status::unavailable("down")), Failure::Unreachable);
        assert_eq!(failed(Status::not_found("?")), Failure::Other);
        let mut status = Status::unauthenticated("no");
        status.set_source(Arc::new(AuthError::transient("the vault is down")));
        assert_eq!(failed(status), Failure::Other);
        assert_eq!(Failure::of(&UsageError("what?").into()), Failure::Usage);
        assert_eq!(Failure::of(&anyhow::anyhow!("disk full")), Failure::Other);
    }
}

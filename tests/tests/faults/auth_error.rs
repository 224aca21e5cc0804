//! What an error says that a person can do, and whether another attempt may help.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{error::Error, fmt};

use auth_runtime::AuthError;
use tests::{
    call::{Kind, call_with, hurried},
    flow::Login,
    harness::Harness,
    told::told,
};
use tonic::{Code, Status};

#[test]
fn a_status_of_a_flows_own_service_is_transient_as_the_flow_says_or_else_as_its_code_does() {
    assert!(AuthError::from(Status::unavailable("away")).is_transient());
    assert!(AuthError::from(Status::deadline_exceeded("late")).is_transient());
    assert!(!AuthError::from(Status::not_found("nobody")).is_transient());
    assert!(AuthError::transient(Status::not_found("nobody yet")).is_transient());
    assert!(!AuthError::permanent(Status::unavailable("for good")).is_transient());
}

/// An error of a user's own around a status.
#[derive(Debug)]
struct Around(Status);

impl fmt::Display for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("etcd said no")
    }
}

impl Error for Around {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn the_status_of_a_flows_own_service_is_told_in_its_own_words_and_once() {
    let status = || Status::invalid_argument("authentication failed, invalid user ID or password");
    let expected = "authentication failed, invalid user ID or password";
    let cases = [
        (AuthError::permanent(status()), Code::Unauthenticated, expected.to_owned()),
        (AuthError::transient(status()), Code::Unavailable, expected.to_owned()),
        (AuthError::permanent(Around(status())), Code::Unauthenticated, format!("etcd said no: {expected}")),
        (Status::permission_denied(expected).into(), Code::PermissionDenied, expected.to_owned()),
        (AuthError::permanent(Status::not_found("")), Code::Unauthenticated, "NOT_FOUND".to_owned()),
        (Status::unauthenticated("").into(), Code::Unauthenticated, "UNAUTHENTICATED".to_owned()),
    ];
    for (error, code, expected) in cases {
        if !expected.contains(": ") {
            assert_eq!(told(&error), expected);
        }
        let harness = Harness::local_checking();
        harness.authenticate_with(|builder| builder.login_first(true));
        harness.flow.then(Login::Fail(error));
        let outcome = call_with(&harness.client(), Kind::Unary, hurried()).await;
        assert_eq!((outcome.code(), outcome.status().message()), (code, expected.as_str()));
    }
}

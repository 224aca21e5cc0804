//! What an error says that a person can do, and whether another attempt may help.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::AuthError;
use tonic::Status;

#[test]
fn a_status_of_a_flows_own_service_is_transient_as_the_flow_says_or_else_as_its_code_does() {
    assert!(AuthError::from(Status::unavailable("away")).is_transient());
    assert!(AuthError::from(Status::deadline_exceeded("late")).is_transient());
    assert!(!AuthError::from(Status::not_found("nobody")).is_transient());
    assert!(AuthError::transient(Status::not_found("nobody yet")).is_transient());
    assert!(!AuthError::permanent(Status::unavailable("for good")).is_transient());
}

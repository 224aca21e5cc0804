//! What an error says that a person can do, and whether another attempt may help.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::AuthError;
use tonic::Status;

#[test]
fn a_rejection_says_what_to_do_about_it() {
    for (code, advice) in [
        ("invalid_client", "check the client id and secret"),
        ("unauthorized_client", "check the client id and secret"),
        ("invalid_grant", "log in again"),
        ("invalid_scope", "check the scopes"),
        ("access_denied", "the login was declined"),
        ("unsupported_grant_type", "check the settings of the flow"),
    ] {
        let error = AuthError::Rejected { operation: "the token request", code: code.to_owned(), description: None };
        assert_eq!(error.to_string(), format!("the provider rejected the token request with `{code}`; {advice}"));
    }
}

#[test]
fn a_status_of_a_flows_own_service_is_transient_if_its_code_or_the_flow_says_so() {
    assert!(AuthError::from(Status::unavailable("away")).is_transient());
    assert!(AuthError::from(Status::deadline_exceeded("late")).is_transient());
    assert!(!AuthError::from(Status::not_found("nobody")).is_transient());
    assert!(AuthError::transient(Status::not_found("nobody yet")).is_transient());
    assert!(AuthError::definite(Status::unavailable("for good")).is_transient(), "the code speaks for itself");
}

//! A token that was copied along with what stands before it in a header.

use auth_runtime::{AuthErrorKind, Authenticator, Credentials, flow::StaticToken};
use tests::canary::{self, Canary};

const ENDPOINT: &str = "https://flyte.example.com";

#[tokio::test]
async fn a_token_with_its_scheme_is_an_error_that_says_to_leave_it_out() {
    let canary = Canary::new();
    for (before, named) in [
        ("Bearer ", "begins with `Bearer `"),
        ("bearer ", "begins with `Bearer `"),
        (" Bearer\t", "begins with `Bearer `"),
        ("Basic ", "begins with `Basic `"),
        ("Authorization: Bearer ", "begins with `Authorization `"),
    ] {
        let token = format!("{before}{}", canary.secret());
        let authenticator = Authenticator::builder(ENDPOINT).flow(StaticToken::new(&token)).build().unwrap();
        let from_flow = authenticator.login().await.unwrap_err();
        let given = Authenticator::builder(ENDPOINT).credentials(Credentials::new(&token)).build().unwrap_err();
        for error in [from_flow, given] {
            canary::observe_error(&error);
            assert_eq!(error.kind(), AuthErrorKind::InvalidResponse);
            assert!(error.to_string().contains(named), "{error}");
            assert!(error.to_string().contains("give the token without it"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_token_that_only_begins_like_a_scheme_is_a_token() {
    for token in ["Bearer", "BearerToken", "basic.auth", "x"] {
        let authenticator = Authenticator::builder(ENDPOINT).flow(StaticToken::new(token)).build().unwrap();
        authenticator.login().await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_that_prints_the_scheme_as_well_is_told_so() {
    let flow = auth_runtime::flow::Command::new("/bin/echo").args(["Bearer", "a-token"]);
    let authenticator = Authenticator::builder(ENDPOINT).flow(flow).build().unwrap();
    let error = authenticator.login().await.unwrap_err();
    assert!(error.to_string().contains("begins with `Bearer `"), "{error}");
}

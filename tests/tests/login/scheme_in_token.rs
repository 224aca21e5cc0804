//! A token that was copied along with what stands before it in a header.

use auth_runtime::{AuthErrorKind, Authenticator, Credentials, flow::StaticToken};
use tests::canary::{self, Canary};

const ENDPOINT: &str = "https://flyte.example.com";

#[tokio::test]
async fn a_token_with_its_scheme_is_an_error_that_says_to_leave_it_out() {
    let canary = Canary::new();
    let other =
        "begins with `Basic `, and `Bearer ` is put before it; give the token alone, and the scheme as its type";
    let own = "begins with `Bearer `, which is put before it anyway; give the token without it";
    let header = "begins with the name of its header; give the token alone";
    for (before, named) in [
        ("Bearer ", own),
        ("bearer ", own),
        (" Bearer\t", own),
        ("Basic ", other),
        ("Authorization: Bearer ", header),
        ("proxy-authorization: Basic ", header),
        ("authorization ", header),
    ] {
        let token = format!("{before}{}", canary.secret());
        let authenticator = Authenticator::builder(ENDPOINT).flow(StaticToken::new(&token)).build().unwrap();
        let from_flow = authenticator.login().await.unwrap_err();
        let given = Authenticator::builder(ENDPOINT).credentials(Credentials::new(&token)).build().unwrap_err();
        for error in [from_flow, given] {
            canary::observe_error(&error);
            assert_eq!(error.kind(), AuthErrorKind::InvalidResponse);
            assert!(error.to_string().contains(named), "{error}");
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

#[tokio::test]
async fn a_scheme_is_told_by_what_is_put_before_the_token() {
    for (credentials, named) in [
        (Credentials::raw("Token a"), "`Token `, and it is to be sent as it is; give the token without it, and the"),
        (Credentials::raw("Bearer a"), "`Bearer `, and it is to be sent as it is; give the token without it, and the"),
        (Credentials::new("DPoP a").with_token_type("dpop"), "`DPoP `, which is put before it anyway"),
        (Credentials::new("Bearer a").with_token_type("GenieKey"), "`Bearer `, and `GenieKey ` is put before it"),
    ] {
        let error = Authenticator::builder(ENDPOINT).credentials(credentials).build().unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[tokio::test]
async fn several_words_are_no_token_with_a_scheme() {
    for (text, at) in [("token of Ali", 5), ("Basic and simple text", 5), ("Bearer a b", 6), ("a b", 1)] {
        let error = Authenticator::builder(ENDPOINT).credentials(Credentials::new(text)).build().unwrap_err();
        let expected = format!("the access token has a character at byte {at} that no header can carry");
        assert!(error.to_string().contains(&expected), "{error}");
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

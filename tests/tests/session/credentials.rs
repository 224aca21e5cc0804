//! What credentials say of themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::{Duration, SystemTime};

use auth_runtime::{Authenticator, Credentials};
use tokio::time::Instant;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_lifetime_is_given_back_in_the_form_in_which_it_was_given() {
    let end = SystemTime::now() + HOUR;
    let unknown = Credentials::new("token");
    assert_eq!((unknown.expires_in(), unknown.expires_at()), (None, None));
    for lasting in [unknown.clone().with_expires_in(HOUR), unknown.clone().with_expires_in_since(HOUR, Instant::now())]
    {
        assert_eq!((lasting.expires_in(), lasting.expires_at()), (Some(HOUR), None));
    }
    let ending = unknown.with_expires_at(end);
    assert_eq!((ending.expires_in(), ending.expires_at()), (None, Some(end)));
}

#[test]
fn the_same_tokens_are_the_same_access_token_and_the_same_refresh_token() {
    let pair = |access: &str, refresh: &str| Credentials::new(access).with_refresh_token(refresh);
    assert!(pair("a", "r").same_tokens(&pair("a", "r").with_expires_in(HOUR).with_id_token("i")));
    assert!(Credentials::new("a").same_tokens(&Credentials::new("a")));
    for other in [pair("a", "other"), pair("other", "r"), Credentials::new("a")] {
        assert!(!pair("a", "r").same_tokens(&other));
        assert!(!other.same_tokens(&pair("a", "r")));
    }
}

#[test]
fn an_authenticator_says_which_endpoint_it_is_for() {
    let authenticator = Authenticator::builder("dns:///Flyte.example.com:8443").build().unwrap();
    assert_eq!(authenticator.endpoint(), "https://Flyte.example.com:8443");
}

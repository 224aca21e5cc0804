//! The canary sees what it has to see. Without this, all other tests would prove nothing about secrets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use base64::Engine as _;
use tests::canary::{Canary, observe, observe_error, observe_text};

fn is_seen(leak: impl FnOnce(&str)) {
    let canary = Canary::new();
    let secret = canary.secret();
    leak(&secret);
    // What was noticed is forgotten, so that the canary's drop has nothing to say.
    assert!(!canary.sightings().is_empty(), "the leak was not noticed");
}

#[test]
fn in_the_logs_of_tracing_at_every_level() {
    is_seen(|secret| tracing::trace!("{secret}"));
    is_seen(|secret| tracing::error!(token = secret, "an event"));
    is_seen(|secret| tracing::debug!(token = ?secret.as_bytes(), "an event"));
}

#[test]
fn in_the_fields_of_spans() {
    is_seen(|secret| drop(tracing::trace_span!("a span", token = secret)));
    is_seen(|secret| {
        let span = tracing::trace_span!("a span", token = tracing::field::Empty);
        span.record("token", secret);
    });
}

#[test]
fn in_the_logs_of_the_log_crate() {
    is_seen(|secret| log::trace!("{secret}"));
}

#[test]
fn in_a_panic_on_another_thread() {
    is_seen(|secret| {
        let secret = secret.to_owned();
        std::thread::spawn(move || panic!("{secret}")).join().unwrap_err();
    });
}

#[test]
fn in_what_it_is_shown() {
    is_seen(|secret| observe(&Some(secret)));
    is_seen(observe_text);
    is_seen(|secret| {
        let cause = std::io::Error::other(secret.to_owned());
        let mut status = tonic::Status::internal("hides its source");
        status.set_source(std::sync::Arc::new(cause));
        observe_error(&status);
    });
}

#[test]
fn in_halves_and_in_other_clothes() {
    is_seen(|secret| observe_text(&secret[..secret.len() / 2]));
    is_seen(|secret| observe_text(&secret[secret.len() / 2..]));
    is_seen(|secret| observe_text(&base64::engine::general_purpose::STANDARD.encode(format!("client:{secret}"))));
    is_seen(|secret| observe_text(&base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(secret)));
    is_seen(|secret| observe_text(&secret.replace('+', "%2B").replace('/', "%2F")));
    is_seen(|secret| observe(secret.as_bytes()));
}

#[test]
fn a_header_value_that_nobody_marked_sensitive() {
    is_seen(|secret| observe(&http::HeaderValue::from_str(secret).unwrap()));
}

#[test]
fn and_nothing_else() {
    let canary = Canary::new();
    let other = Canary::new();
    let _secret = canary.secret();
    observe_text(&other.secret());
    assert!(canary.sightings().is_empty());
    assert!(!other.sightings().is_empty());
}

#[test]
fn its_drop_fails_the_test() {
    let test = std::thread::spawn(|| {
        let canary = Canary::new();
        observe_text(&canary.secret());
    });
    test.join().unwrap_err();
}

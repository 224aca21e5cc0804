#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::SystemTime;

use super::{
    Freshness::{Expired, Fresh, RefreshSoon, Stale},
    *,
};

/// What a token is good for after so many seconds.
type Ages = &'static [(u32, Freshness)];

const SECOND: Duration = Duration::from_secs(1);

fn start() -> Moment {
    Moment { monotonic: Instant::now(), wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) }
}

fn token(credentials: Credentials, now: &Moment) -> Token {
    Token::new(credentials, "", now, now, &Limits::default(), 0.0).unwrap()
}

#[test]
fn what_a_token_is_good_for_at_each_age() {
    let start = start();
    let hour = Credentials::new("token").with_expires_in(SECOND * 3600);
    let short = Credentials::new("token").with_expires_in(SECOND * 8);
    let wall = Credentials::new("token").with_expires_at(start.wall + SECOND * 3600);
    let endless = Credentials::new("token");
    let rows: [(&str, &Credentials, Ages); 4] = [
        (
            "an hour",
            &hour,
            &[
                (0, Fresh),
                (3359, Fresh),
                (3360, RefreshSoon),
                (3569, RefreshSoon),
                (3570, Stale),
                (3599, Stale),
                (3600, Expired),
            ],
        ),
        (
            "eight seconds",
            &short,
            &[(0, Fresh), (3, Fresh), (4, RefreshSoon), (5, RefreshSoon), (6, Stale), (8, Expired)],
        ),
        ("until an hour from now", &wall, &[(3359, Fresh), (3360, RefreshSoon), (3570, Stale), (3600, Expired)]),
        ("no expiry", &endless, &[(0, Fresh), (100_000_000, Fresh)]),
    ];
    for (what, credentials, ages) in rows {
        let token = token(credentials.clone(), &start);
        for (age, freshness) in ages {
            let now = start.after(SECOND * *age);
            assert_eq!(token.freshness(&now), *freshness, "{what}, after {age} s");
            assert_eq!(token.is_fresh(|| now), *freshness == Fresh, "{what}, after {age} s");
            assert_eq!(token.is_valid(|| now), *freshness != Expired, "{what}, after {age} s");
        }
    }
}

#[test]
fn either_clock_ends_a_token() {
    let start = start();
    let token = token(Credentials::new("token").with_expires_in(SECOND * 60), &start);
    let slept = Moment { wall: start.wall + SECOND * 60, ..start };
    let set_back = Moment { monotonic: start.monotonic + SECOND * 60, wall: start.wall - SECOND * 60 };
    for now in [slept, set_back] {
        assert_eq!(token.freshness(&now), Expired);
    }
}

#[test]
fn a_lifetime_counts_from_the_request_for_the_token() {
    let start = start();
    let later = start.after(SECOND * 20);
    let limits = Limits::default();
    let lifetime = Credentials::new("token").with_expires_in(SECOND * 60);
    let asked_later = Credentials::new("token").with_expires_in_since(SECOND * 60, later.monotonic);
    for (credentials, left) in [(lifetime, 40), (asked_later, 60)] {
        let token = Token::new(credentials, "", &start, &later, &limits, 0.0).unwrap();
        assert_eq!(token.credentials.expires_at(), Some(later.wall + SECOND * left));
    }
}

#[test]
fn the_window_before_the_expiry_is_shortened_by_chance_and_for_a_short_life() {
    let limits = Limits::default();
    let rows = [
        (3600, 0.0, 240),
        (3600, 0.5, 180),
        (3600, 1.0, 120),
        (300, 0.0, 150),
        (300, 1.0, 75),
        (100, 1.0, 25),
        (2, 0.0, 1),
    ];
    for (lifetime, jitter, window) in rows {
        assert_eq!(refresh_window(SECOND * lifetime, &limits, jitter), SECOND * window, "{lifetime} s, {jitter}");
    }
}

#[test]
fn absurd_times_overflow_nothing() {
    let start = start();
    for credentials in [
        Credentials::new("token").with_expires_in(Duration::MAX),
        Credentials::new("token").with_expires_at(start.wall + SECOND * 1_000_000_000),
    ] {
        assert_eq!(token(credentials, &start).freshness(&start), Fresh);
    }
    for over in [Duration::ZERO, Duration::from_nanos(0)] {
        assert_eq!(token(Credentials::new("token").with_expires_in(over), &start).freshness(&start), Expired);
    }
    let past = Credentials::new("token").with_expires_at(start.wall - SECOND);
    assert_eq!(token(past, &start).freshness(&start), Expired);
}

#[test]
fn what_no_header_can_carry_is_no_token() {
    let start = start();
    for access_token in ["", "line\nbreak", "blank in it"] {
        let credentials = Credentials::new(access_token);
        assert!(Token::new(credentials, "", &start, &start, &Limits::default(), 0.0).is_err(), "{access_token:?}");
    }
    assert!(Token::new(Credentials::new("token"), "grpc-status", &start, &start, &Limits::default(), 0.0).is_err());
}

#[test]
fn a_token_that_was_issued_to_this_session_is_on_trial_for_ten_seconds_or_a_quarter_of_its_life() {
    let start = start();
    let after = |seconds| start.after(SECOND * seconds).monotonic;
    let credentials = || Credentials::new("token");
    for (credentials, trial) in [
        (credentials(), 10),
        (credentials().with_expires_in(SECOND * 3600), 10),
        (credentials().with_expires_in(SECOND * 12), 3),
        (credentials().with_expires_at(start.wall + SECOND * 12), 3),
    ] {
        let handed_in = token(credentials.clone(), &start);
        assert_eq!(handed_in.is_on_trial(after(0)), None, "{credentials:?}");
        let issued = token(credentials.clone(), &start).issued(&start);
        assert_eq!(issued.is_on_trial(after(trial - 1)), Some(true), "{credentials:?}");
        assert_eq!(issued.is_on_trial(after(trial)), Some(false), "{credentials:?}");
        let mut again = token(credentials.clone(), &start).issued(&start.after(SECOND * 5));
        again.in_place_of(&issued);
        assert_eq!(again.is_on_trial(after(trial)), Some(false), "the same token is not younger, {credentials:?}");
    }
}

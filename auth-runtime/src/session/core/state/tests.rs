#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, SystemTime};

use secrecy::ExposeSecret as _;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const CALL: &str = "/checked.Calls/Call";

fn start() -> Moment {
    Moment { monotonic: Instant::now(), wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) }
}

/// A token of 1,000 seconds: refreshed from 760 on, stale from 970 on.
fn token(text: &str, now: &Moment) -> Token {
    let credentials = Credentials::new(text).with_refresh_token("refresh").with_expires_in(SECOND * 1000);
    Token::new(credentials, "", now, now, &Limits::default(), 0.0).unwrap()
}

fn endless(text: &str, now: &Moment) -> Token {
    Token::new(Credentials::new(text), "", now, now, &Limits::default(), 0.0).unwrap()
}

fn state() -> State {
    State::new(false, false, Arc::new(Limits::default()))
}

fn logged_in(now: &Moment) -> State {
    let mut state = state();
    state.begin_refresh();
    state.install(token("first", now), now, 0.5);
    state
}

fn failing(mut state: State, now: &Moment) -> State {
    state.begin_refresh();
    state.fail(AuthError::transient("busy"), false, None, now, 0.5);
    state
}

fn person_needed(now: &Moment) -> State {
    changed(logged_in(now), |state| {
        state.begin_refresh();
        state.person_needed();
    })
}

fn changed<R>(mut state: State, change: impl FnOnce(&mut State) -> R) -> State {
    change(&mut state);
    state
}

fn told(decision: &Decision) -> &'static str {
    match decision {
        Decision::Attach(_) => "attach",
        Decision::AttachAndRefresh(_) => "attach, refresh",
        Decision::Anonymous => "anonymous",
        Decision::Join => "join",
        Decision::Begin(Purpose::LoadStored) => "load",
        Decision::Begin(Purpose::Refresh) => "refresh",
        Decision::Begin(Purpose::RefreshUnattended) => "refresh unattended",
        Decision::Begin(Purpose::RefreshUnlessUnwanted) => "refresh unless unwanted",
        Decision::Begin(Purpose::LogIn) => "log in",
        Decision::Fail(_) => "fail",
    }
}

/// For each situation: what a call does, what one that cannot be sent again does, and what a login by hand does.
#[test]
fn what_is_done_in_each_situation() {
    let start = start();
    let at = |seconds: u32| start.after(SECOND * seconds);
    let store = || State::new(false, true, Arc::new(Limits::default()));
    let reject = |state: &mut State, now: &Moment| drop(state.rejected(1, Some(CALL), now, 0.5));
    let rows = [
        ("nothing has happened", state(), 0, ["anonymous", "refresh unless unwanted", "log in"]),
        ("logins come first", State::new(true, false, Arc::default()), 0, ["refresh", "refresh", "log in"]),
        ("there is a store", store(), 0, ["load", "load", "log in"]),
        ("it is being read", changed(store(), |state| drop(state.begin_refresh())), 0, ["join", "join", "join"]),
        (
            "it had nothing",
            changed(store(), |state| {
                state.begin_refresh();
                state.abandon();
            }),
            0,
            ["anonymous", "refresh unless unwanted", "log in"],
        ),
        (
            "it had an expired login, whose refresh failed",
            changed(store(), |state| {
                state.begin_refresh();
                state.expect_credentials();
                state.fail(AuthError::transient("busy"), false, None, &start, 0.5);
            }),
            0,
            ["fail", "fail", "log in"],
        ),
        (
            "an anonymous call was accepted",
            changed(state(), State::anonymous_accepted),
            0,
            ["anonymous", "anonymous", "log in"],
        ),
        (
            "and another was rejected",
            changed(state(), |state| {
                state.anonymous_accepted();
                state.rejected(0, Some(CALL), &start, 0.5);
                state.anonymous_accepted();
            }),
            0,
            ["refresh", "refresh", "log in"],
        ),
        ("a login failed before any call", failing(state(), &start), 0, ["anonymous", "fail", "log in"]),
        ("a fresh token", logged_in(&start), 700, ["attach", "attach", "attach"]),
        ("it expires soon", logged_in(&start), 800, ["attach, refresh", "attach, refresh", "attach"]),
        (
            "it expires soon, a refresh runs",
            changed(logged_in(&start), |state| drop(state.begin_refresh())),
            800,
            ["attach", "attach", "attach"],
        ),
        (
            "it expires soon, a refresh failed",
            failing(logged_in(&start), &at(800)),
            800,
            ["attach", "attach", "attach"],
        ),
        ("a stale token", logged_in(&start), 980, ["refresh unattended", "refresh unattended", "log in"]),
        ("it expires soon, a person is needed", person_needed(&start), 800, ["attach", "attach", "attach"]),
        ("a stale token, a person is needed", person_needed(&start), 980, ["attach", "attach", "log in"]),
        ("an expired token, a person is needed", person_needed(&start), 1000, ["refresh", "refresh", "log in"]),
        (
            "a stale token, a person was needed for the one before",
            changed(person_needed(&start), |state| drop(state.install(token("next", &start), &start, 0.5))),
            980,
            ["refresh unattended", "refresh unattended", "log in"],
        ),
        (
            "a stale token, a refresh runs",
            changed(logged_in(&start), |state| drop(state.begin_refresh())),
            980,
            ["join", "join", "join"],
        ),
        ("a stale token, a refresh failed", failing(logged_in(&start), &at(980)), 980, ["attach", "attach", "attach"]),
        ("an expired token", logged_in(&start), 1000, ["refresh", "refresh", "log in"]),
        ("an expired token, a refresh failed", failing(logged_in(&start), &at(1000)), 1000, ["fail", "fail", "log in"]),
        ("the pause after it is over", failing(logged_in(&start), &at(1000)), 1001, ["refresh", "refresh", "log in"]),
        (
            "credentials that were handed in",
            state().with_initial(token("handed-in", &start)),
            0,
            ["attach", "attach", "attach"],
        ),
        ("they have expired", state().with_initial(token("handed-in", &start)), 2000, ["refresh", "refresh", "log in"]),
        (
            "a rejected token",
            changed(logged_in(&start), |state| reject(state, &start)),
            0,
            ["refresh", "refresh", "log in"],
        ),
        (
            "a rejected token, a refresh runs",
            changed(logged_in(&start), |state| {
                reject(state, &start);
                state.begin_refresh();
            }),
            0,
            ["join", "join", "join"],
        ),
        (
            "a rejected token, a refresh failed",
            changed(failing(logged_in(&start), &start), |state| {
                reject(state, &start);
            }),
            0,
            ["fail", "fail", "log in"],
        ),
        ("a logout", changed(logged_in(&start), State::log_out), 0, ["refresh", "refresh", "log in"]),
        (
            "a logout while a refresh runs",
            changed(failing(logged_in(&start), &start), |state| {
                state.begin_refresh();
                state.log_out();
            }),
            0,
            ["refresh", "refresh", "log in"],
        ),
        ("a logout of nobody", changed(store(), State::log_out), 0, ["anonymous", "refresh unless unwanted", "log in"]),
    ];
    for (what, state, seconds, expected) in rows {
        let now = at(seconds);
        let decisions = [state.decide(&now), state.decide_for_one_attempt(&now), state.decide_on_login(&now)];
        assert_eq!(decisions.each_ref().map(told), expected, "{what}");
    }
}

/// For each situation: what a call does whose credentials of this generation were rejected.
#[test]
fn what_follows_a_rejection() {
    let start = start();
    let twice = || {
        changed(logged_in(&start), |state| {
            state.begin_refresh();
            state.install(token("second", &start), &start, 0.5);
        })
    };
    let rows: [(&str, State, u64, u32, &str); 9] = [
        ("of a call without credentials", state(), 0, 0, "begin"),
        ("of the current token", logged_in(&start), 1, 0, "begin"),
        ("of a token that was replaced", twice(), 1, 0, "replay"),
        ("of a token that was replaced by one that has expired", twice(), 1, 1000, "begin"),
        (
            "of a token that was replaced by one that was rejected",
            changed(twice(), |state| {
                state.rejected(2, Some(CALL), &start, 0.5);
            }),
            1,
            0,
            "begin",
        ),
        ("while a refresh runs", changed(logged_in(&start), |state| drop(state.begin_refresh())), 1, 0, "join"),
        ("in the pause after a failure", failing(logged_in(&start), &start), 1, 0, "fail"),
        (
            "where new tokens have not helped",
            changed(logged_in(&start), |state| {
                (1..=3).for_each(|generation| state.replayed(generation, CALL, true, &start, 0.5));
            }),
            1,
            0,
            "stands",
        ),
        ("after a logout", changed(twice(), State::log_out), 2, 0, "begin"),
    ];
    for (what, mut state, generation, seconds, expected) in rows {
        let told = match state.rejected(generation, Some(CALL), &start.after(SECOND * seconds), 0.5) {
            Rejection::Replay(token) => {
                assert!(token.generation > generation, "{what}");
                "replay"
            }
            Rejection::Join => "join",
            Rejection::Begin => "begin",
            Rejection::Stands => "stands",
            Rejection::Fail(_) => "fail",
        };
        assert_eq!(told, expected, "{what}");
    }
}

/// A server that rejects each first attempt and accepts each replay, and one that rejects behind the first message.
#[test]
fn tokens_that_do_not_last_beyond_their_first_call_cost_a_login_for_each_pause() {
    for replays in [true, false] {
        let start = start();
        let mut state = state();
        let mut logins = 0;
        // Ten calls in each second, for ten minutes.
        for tenth in 0..6000_u32 {
            let now = start.after(SECOND * tenth / 10);
            let generation = state.snapshot().current.as_ref().map_or(0, |token| token.generation);
            if let Rejection::Begin = state.rejected(generation, Some(CALL), &now, 0.5) {
                logins += 1;
                state.begin_refresh();
                let token = state.install(endless(&logins.to_string(), &now).issued(&now), &now, 0.5);
                if replays {
                    state.replayed(token.generation, CALL, false, &now, 0.5);
                }
            }
        }
        // 5 at once, and then after 1 s, 1.6 s, 2.56 s, .. 120 s.
        assert!((10..=18).contains(&logins), "{logins} logins, replays: {replays}");
    }
}

#[test]
fn tokens_that_are_revoked_now_and_then_cost_no_pause() {
    let start = start();
    let mut state = state();
    for number in 0..100_u64 {
        let now = start.after(SECOND * 10 * u32::try_from(number).unwrap());
        assert!(matches!(state.rejected(number, Some(CALL), &now, 0.5), Rejection::Begin), "{number}");
        state.begin_refresh();
        state.install(endless(&number.to_string(), &now).issued(&now), &now, 0.5);
    }
}

/// Somebody revokes a token right after a refresh, and never one that has served: the longest life of one token is what
/// lies between two of them.
#[test]
fn a_token_that_served_until_it_was_replaced_is_no_failure_in_the_row() {
    let mut now = start();
    let mut state = state();
    for number in 0..20_u64 {
        let generation = 2 * number;
        assert!(matches!(state.rejected(generation, Some(CALL), &now, 0.5), Rejection::Begin), "{number}");
        for age in [960, 1] {
            state.begin_refresh();
            state.install(token(&format!("{number}-{age}"), &now).issued(&now), &now, 0.5);
            now = now.after(SECOND * age);
        }
    }
}

/// The same where tokens live for a second: a quarter of it is long.
#[test]
fn a_token_that_is_revoked_in_the_middle_of_a_short_life_has_helped() {
    let mut now = start();
    let mut state = state();
    for number in 0..20_u64 {
        assert!(matches!(state.rejected(number, Some(CALL), &now, 0.5), Rejection::Begin), "{number}");
        state.begin_refresh();
        let credentials = Credentials::new(number.to_string()).with_expires_in(SECOND);
        let token = Token::new(credentials, "", &now, &now, &Limits::default(), 0.0).unwrap();
        state.install(token.issued(&now), &now, 0.5);
        now = now.after(SECOND / 4);
    }
}

#[test]
fn generations_count_tokens_and_the_same_token_is_no_new_one() {
    let start = start();
    let mut state = logged_in(&start);
    for (text, generation, usable) in [("second", 2, true), ("second", 2, true), ("third", 3, true)] {
        state.begin_refresh();
        let token = state.install(token(text, &start), &start, 0.5);
        assert_eq!(token.generation, generation, "{text}");
        assert_eq!(state.snapshot().usable().is_some(), usable, "{text}");
    }
    state.rejected(3, Some(CALL), &start, 0.5);
    assert!(state.snapshot().usable().is_none());
    state.begin_refresh();
    let token = state.install(token("third", &start), &start, 0.5);
    // There is no better one: the next call asks the server about it again.
    assert_eq!((token.generation, state.snapshot().usable().is_some()), (3, true));
}

#[test]
fn a_token_that_has_expired_on_arrival_is_there_for_those_who_waited_and_not_asked_for_again_at_once() {
    let start = start();
    let mut state = state();
    state.rejected(0, Some(CALL), &start, 0.5);
    state.begin_refresh();
    state.install(token("late", &start), &start.after(SECOND * 1000), 0.5);
    assert_eq!(told(&state.decide(&start.after(SECOND * 1000))), "fail");
    assert_eq!(told(&state.decide(&start.after(SECOND * 1001))), "refresh");
}

#[test]
fn a_refresh_that_was_given_up_is_not_the_one_that_runs() {
    let mut state = state();
    let (first, _) = state.begin_refresh();
    assert!(state.runs(first));
    state.abandon();
    assert!(!state.runs(first));
    let (second, _) = state.begin_refresh();
    assert!(state.runs(second) && !state.runs(first));
    state.log_out();
    assert!(!state.runs(second));
}

#[test]
fn a_refresh_goes_on_with_the_newest_refresh_token() {
    let start = start();
    let mut state = logged_in(&start);
    let refresh_token = |state: &mut State| {
        let (_, previous) = state.begin_refresh();
        previous.and_then(|previous| previous.refresh_token().map(|token| token.expose_secret().to_owned()))
    };
    let rotated = |text: &str| Some(Credentials::new("no\nheader").with_refresh_token(text));
    let fail = |state: &mut State, rotated| {
        state.fail(AuthError::permanent("no header can carry it"), false, rotated, &start, 0.5);
    };
    assert_eq!(refresh_token(&mut state).as_deref(), Some("refresh"));
    fail(&mut state, rotated("rotated"));
    assert_eq!(refresh_token(&mut state).as_deref(), Some("rotated"));
    fail(&mut state, None);
    assert_eq!(refresh_token(&mut state).as_deref(), Some("rotated"));
    fail(&mut state, rotated("rotated again"));
    assert_eq!(refresh_token(&mut state).as_deref(), Some("rotated again"));
    state.install(token("second", &start), &start, 0.5);
    assert_eq!(refresh_token(&mut state).as_deref(), Some("refresh"));
    let held = state.log_out();
    assert!(held.is_some_and(|held| held.refresh_token().is_some()), "for the provider, which is told");
    assert_eq!(refresh_token(&mut state), None);
}

#[test]
fn errors_are_handed_out_and_not_dropped() {
    let start = start();
    let mut state = failing(failing(state(), &start), &start);
    assert_eq!(state.take_discarded().len(), 1);
    state.begin_refresh();
    state.install(token("first", &start), &start, 0.5);
    assert_eq!(state.take_discarded().len(), 1);
    let mut state = failing(state, &start);
    state.log_out();
    assert_eq!(state.take_discarded().len(), 1);
    assert!(state.take_discarded().is_empty());
}

#[test]
fn calls_are_shown_what_has_changed_and_nothing_else() {
    let start = start();
    let mut state = state();
    assert!(state.take_changed().is_none());
    drop((state.decide(&start), state.still_valid(&start), state.again_at(&start)));
    assert!(state.take_changed().is_none());
    state.rejected(0, Some(CALL), &start, 0.5);
    assert!(state.take_changed().is_some_and(|snapshot| snapshot.credentials_expected && !snapshot.anonymous_allowed));
    assert!(state.take_changed().is_none());
}

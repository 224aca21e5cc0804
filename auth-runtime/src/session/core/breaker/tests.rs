use std::time::Duration;

use super::*;

const CALL: &str = "/checked.Calls/Call";
const WATCH: &str = "/checked.Calls/Watch";
const SECOND: Duration = Duration::from_secs(1);

/// What happens to a breaker, and whether a rejection of a call stands after it.
#[derive(Debug, Clone, Copy)]
enum Event {
    ReplayRejected(&'static str, u64),
    ReplayAccepted(&'static str),
    SameToken,
    RejectedEarly(Option<&'static str>, u64),
    Served(u64),
}

use Event::{RejectedEarly, ReplayAccepted, ReplayRejected, SameToken, Served};

fn after(events: &[Event], now: Instant) -> RefreshBreaker {
    let (limits, mut breaker) = (Limits::default(), RefreshBreaker::default());
    for event in events {
        match *event {
            ReplayRejected(method, generation) => breaker.replay_rejected(method, generation, now, &limits, 0.5),
            ReplayAccepted(method) => breaker.replay_accepted(method),
            SameToken => breaker.same_token(now, &limits, 0.5),
            RejectedEarly(method, generation) => breaker.rejected_early(method, generation, now, &limits, 0.5),
            Served(generation) => breaker.served(generation),
        }
    }
    breaker
}

#[test]
fn rejections_stand_for_the_methods_that_new_tokens_have_not_helped() {
    let now = Instant::now();
    let (call, watch) = (Some(CALL), Some(WATCH));
    let rows: [(&str, &[Event], bool, bool); 15] = [
        ("nothing has happened", &[], false, false),
        ("two replays", &[ReplayRejected(CALL, 2), ReplayRejected(CALL, 3)], false, false),
        ("three replays", &[ReplayRejected(CALL, 2), ReplayRejected(CALL, 3), ReplayRejected(CALL, 4)], true, false),
        (
            "three replays with one token",
            &[ReplayRejected(CALL, 2), ReplayRejected(CALL, 2), ReplayRejected(CALL, 2)],
            false,
            false,
        ),
        (
            "replays of two methods",
            &[ReplayRejected(CALL, 2), ReplayRejected(WATCH, 3), ReplayRejected(CALL, 4)],
            true,
            true,
        ),
        (
            "one of them was accepted since",
            &[ReplayRejected(CALL, 2), ReplayRejected(WATCH, 3), ReplayRejected(CALL, 4), ReplayAccepted(WATCH)],
            true,
            false,
        ),
        (
            "all of them were",
            &[ReplayRejected(CALL, 2), ReplayRejected(CALL, 3), ReplayRejected(CALL, 4), ReplayAccepted(CALL)],
            false,
            false,
        ),
        (
            "another method was accepted",
            &[ReplayRejected(CALL, 2), ReplayRejected(CALL, 3), ReplayRejected(CALL, 4), ReplayAccepted(WATCH)],
            true,
            false,
        ),
        ("there is but one token", &[SameToken, SameToken, SameToken], true, true),
        (
            "five tokens that were rejected early, each after its replay was accepted",
            &[
                ReplayAccepted(CALL),
                RejectedEarly(call, 1),
                ReplayAccepted(CALL),
                RejectedEarly(call, 2),
                ReplayAccepted(CALL),
                RejectedEarly(call, 3),
                ReplayAccepted(CALL),
                RejectedEarly(call, 4),
                ReplayAccepted(CALL),
                RejectedEarly(call, 5),
                ReplayAccepted(CALL),
            ],
            true,
            false,
        ),
        (
            "the same, and nobody knows the method",
            &[1, 2, 3, 4, 5].map(|generation| RejectedEarly(None, generation)),
            true,
            true,
        ),
        ("no more than four of them", &[1, 2, 3, 4].map(|generation| RejectedEarly(None, generation)), false, false),
        ("the same token early, five times", &[RejectedEarly(call, 1); 5], false, false),
        (
            "one of them served for a while",
            &[
                RejectedEarly(call, 1),
                RejectedEarly(call, 2),
                RejectedEarly(call, 3),
                Served(4),
                RejectedEarly(call, 5),
                RejectedEarly(call, 6),
            ],
            false,
            false,
        ),
        (
            "a token whose replay was rejected counts once",
            &[ReplayRejected(CALL, 2), RejectedEarly(call, 2), ReplayRejected(WATCH, 3), RejectedEarly(watch, 3)],
            false,
            false,
        ),
    ];
    for (what, events, calls, watches) in rows {
        let breaker = after(events, now);
        assert_eq!(breaker.stands(call, now), calls, "{what}");
        assert_eq!(breaker.stands(watch, now), watches, "{what}");
        assert_eq!(breaker.stands(None, now), calls || watches, "{what}");
    }
}

#[test]
fn a_token_that_was_rejected_early_and_is_rejected_again_has_not_served_for_a_while() {
    let now = Instant::now();
    let early = [1, 2, 3, 4, 5].map(|generation| RejectedEarly(Some(CALL), generation));
    let mut breaker = after(&early, now);
    breaker.served(5);
    assert!(breaker.stands(Some(CALL), now));
    breaker.served(6);
    assert!(!breaker.stands(Some(CALL), now));
}

#[test]
fn each_further_failure_makes_the_pause_longer() {
    let now = Instant::now();
    let mut events: Vec<Event> = (1..=5).map(|generation| RejectedEarly(Some(CALL), generation)).collect();
    for (generation, pause) in [(6, 1.0), (7, 1.6), (8, 2.56)] {
        let breaker = after(&events, now);
        let pause = SECOND.mul_f64(pause);
        assert!(breaker.stands(Some(CALL), now + pause - SECOND / 100), "{generation}");
        assert!(!breaker.stands(Some(CALL), now + pause + SECOND / 100), "{generation}");
        events.push(RejectedEarly(Some(CALL), generation));
    }
}

#[test]
fn with_more_methods_than_are_remembered_it_holds_for_all() {
    let now = Instant::now();
    let (limits, mut breaker) = (Limits::default(), RefreshBreaker::default());
    for number in 0..=limits.breaker_methods {
        let generation = u64::try_from(number.min(3)).unwrap_or_default();
        breaker.replay_rejected(&format!("/checked.Calls/Call{number}"), generation, now, &limits, 0.5);
        let another = breaker.stands(Some("/checked.Calls/Another"), now);
        assert_eq!(another, number == limits.breaker_methods, "{number}");
    }
}

use std::sync::Arc;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_pause_grows_with_each_failure_and_is_by_chance_up_to_a_fifth_shorter_or_longer() {
    let limits = Limits::default();
    for (earlier, expected) in [(0, 1.0), (1, 1.6), (2, 2.56)] {
        for (jitter, spread) in [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)] {
            let pause = pause(earlier, &limits, jitter).as_secs_f64();
            assert!((pause - expected * spread).abs() < 1e-6, "{earlier}, {jitter}: {pause}");
        }
    }
    assert_eq!(pause(1000, &limits, 1.0), limits.backoff_max);
}

/// For each error: whether it stands for the pause, and when it is worth to ask again.
#[test]
fn an_error_stands_for_its_pause_and_is_waited_out_only_where_it_may_pass_by_itself() {
    let limits = Limits::default();
    let now = Instant::now();
    let rows = [
        ("the provider fails for the moment", AuthError::transient("busy"), false, true),
        ("no answer in time", AuthError::timed_out("the login", SECOND), false, true),
        ("a person was asked", AuthError::transient("busy"), true, false),
        ("it stays", AuthError::permanent("no"), false, false),
        ("another program has the lock", AuthError::store_locked("here".to_owned(), SECOND), false, false),
        ("nobody failed", AuthError::interrupted("somebody"), false, false),
    ];
    for (what, error, asked, worth_waiting) in rows {
        let mut backoff = Backoff::default();
        assert!(backoff.failed(error, asked, now, &limits, 0.5).is_none(), "{what}");
        assert!(backoff.standing_error(now + SECOND / 2).is_some(), "{what}");
        assert!(backoff.standing_error(now + SECOND).is_none(), "{what}");
        assert_eq!(backoff.again_at(now), worth_waiting.then_some(now + SECOND), "{what}");
    }
}

/// For each end of a login that a person took part in: for how long nobody is asked again.
#[test]
fn a_person_whose_login_has_ended_is_left_alone_for_minutes() {
    let limits = Limits::default();
    let now = Instant::now();
    let declined = || AuthError::rejected("the authorization", "access_denied".to_owned(), None);
    let rows = [
        ("declined", declined(), true, limits.person_pause),
        (
            "the client is refused",
            AuthError::rejected("it", "invalid_client".to_owned(), None),
            true,
            limits.person_pause,
        ),
        ("let pass", AuthError::timed_out("the login", SECOND), true, limits.person_pause),
        ("nobody was asked", declined(), false, SECOND),
        ("the provider fails for the moment", AuthError::transient("busy"), true, SECOND),
        ("nobody failed", AuthError::interrupted("somebody"), true, SECOND),
    ];
    for (what, error, asked, pause) in rows {
        let mut backoff = Backoff::default();
        assert!(backoff.failed(error, asked, now, &limits, 0.5).is_none(), "{what}");
        assert!(backoff.standing_error(now + pause - SECOND / 2).is_some(), "{what}");
        assert!(backoff.standing_error(now + pause).is_none(), "{what}");
    }
}

#[test]
fn a_success_ends_the_pause_and_begins_the_count_anew() {
    let limits = Limits::default();
    let now = Instant::now();
    let mut backoff = Backoff::default();
    assert_eq!(backoff.again_at(now), Some(now));
    for _ in 0..3 {
        drop(backoff.failed(AuthError::transient("busy"), false, now, &limits, 0.5));
    }
    assert!(backoff.standing_error(now + SECOND * 2).is_some());
    assert!(backoff.succeeded().is_some());
    assert!(backoff.standing_error(now).is_none());
    drop(backoff.failed(AuthError::transient("busy"), false, now, &limits, 0.5));
    assert!(backoff.standing_error(now + SECOND).is_none());
}

#[test]
fn no_pause_is_no_reason_to_wait() {
    let limits = Limits { backoff_first: Duration::ZERO, ..Limits::default() };
    let now = Instant::now();
    let mut backoff = Backoff::default();
    drop(backoff.failed(AuthError::transient("busy"), false, now, &limits, 0.5));
    assert!(backoff.standing_error(now).is_none());
    assert_eq!(backoff.again_at(now), None);
}

/// Counts its clones that live.
#[derive(Debug)]
struct Held(#[allow(dead_code, reason = "it is held and no more")] Arc<()>);

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("held")
    }
}

impl std::error::Error for Held {}

#[test]
fn an_error_that_is_replaced_is_handed_back_and_not_dropped() {
    let limits = Limits::default();
    let now = Instant::now();
    let alive = Arc::new(());
    let mut backoff = Backoff::default();
    let fail = |backoff: &mut Backoff| {
        backoff.failed(AuthError::transient(Held(Arc::clone(&alive))), false, now, &limits, 0.5)
    };
    assert!(fail(&mut backoff).is_none());
    let first = fail(&mut backoff);
    assert_eq!(Arc::strong_count(&alive), 3);
    let second = backoff.succeeded();
    assert_eq!(Arc::strong_count(&alive), 3);
    drop((first, second));
    assert_eq!(Arc::strong_count(&alive), 1);
}

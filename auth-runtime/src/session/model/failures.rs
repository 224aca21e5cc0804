//! Refreshes that fail while others join them, and calls that are given up.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use super::{
    call::{all_fail, all_served, call, calling, counted, goes_on, watching},
    check,
    runtime::Handle,
    time,
    world::{ProviderResponse, World},
};

#[test]
fn a_failure_is_told_to_all_that_wait_and_the_provider_left_alone_for_a_while() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[ProviderResponse::No]));
        let authenticator = world.authenticator();
        world.revoke();
        let onlooker = watching(&authenticator);
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, None));
        all_fail(calls);
        onlooker.join().unwrap();
        assert_eq!(world.asked(), 1);
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 2);
        assert_eq!(counted(&authenticator), 2);
    });
}

#[test]
fn calls_that_have_time_wait_until_the_provider_may_be_asked_again() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[ProviderResponse::Busy, ProviderResponse::Busy]));
        let authenticator = world.authenticator();
        world.revoke();
        // Passes for the pauses of a few seconds, and not for the minute that a login may take.
        drop(shuttle::future::spawn(time::pass_for_sleepers(Duration::from_secs(10))));
        let deadline = Some(Duration::from_secs(30));
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, deadline));
        all_served(calls);
        assert_eq!(world.asked(), 3);
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn a_token_that_still_serves_is_not_taken_away_by_a_provider_that_fails() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[ProviderResponse::Busy]));
        world.tokens_live(Duration::from_secs(1000));
        let authenticator = world.authenticator();
        // Within the margin before its end: a refresh comes first, and its failure is no reason to fail.
        time::pass(Duration::from_secs(980));
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, None));
        all_served(calls);
        assert_eq!(world.asked(), 1);
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn a_rejection_in_the_pause_after_a_failure_is_heard_of_by_all() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[ProviderResponse::No]));
        world.tokens_live(Duration::from_secs(1000));
        let authenticator = world.authenticator();
        // Old enough for a refresh while it still serves, which fails.
        time::pass(Duration::from_secs(900));
        let onlooker = watching(&authenticator);
        let before = calling(&runtime, &world, &authenticator, None);
        world.revoke();
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        all_fail(calls);
        before.join().unwrap();
        onlooker.join().unwrap();
        assert_eq!(world.asked(), 1);
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn calls_that_are_given_up_leave_the_refresh_to_the_others() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        let given_up = [(); 2].map(|()| {
            let (world, authenticator) = (world.clone(), authenticator.clone());
            runtime.spawn(async move { call(&world, &authenticator, None).await })
        });
        let stays = calling(&runtime, &world, &authenticator, None);
        given_up.iter().for_each(|call| call.abort_handle().abort());
        let outcome = stays.join().unwrap();
        assert!(outcome.served(), "{outcome:?}");
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 1);
    });
}

#[test]
fn a_refresh_goes_on_without_anybody_who_waits_for_it() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.builder().login_first(true).build().unwrap();
        runtime.block_on(async {
            let mut login = pin!(authenticator.login());
            // Polled once, and dropped.
            let begun = poll_fn(|context| Poll::Ready(login.as_mut().poll(context).is_pending())).await;
            assert!(begun);
        });
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        all_served(calls);
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 1);
    });
}

//! Tokens that are rejected or expire, and those who hear of it at the same time.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use shuttle::thread;

use super::{
    super::{AfterRejection, Attachment},
    call::{METHOD, all_served, call, calling, counted, goes_on, watching},
    check,
    runtime::Handle,
    time,
    world::{ProviderResponse, World},
};

#[test]
fn calls_that_are_rejected_with_one_token_share_one_refresh() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        let onlooker = watching(&authenticator);
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, None));
        all_served(calls);
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 1);
        assert_eq!(counted(&authenticator), 1);
    });
}

#[test]
fn a_rejection_that_comes_late_says_nothing_about_the_token_after_it() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        let onlooker = watching(&authenticator);
        let before = calling(&runtime, &world, &authenticator, None);
        world.revoke();
        let late = {
            let authenticator = authenticator.clone();
            let runtime = runtime.clone();
            world.admits(authenticator.get_credentials().as_ref());
            thread::spawn(move || runtime.block_on(async { authenticator.session().mark_rejected(1, None) }))
        };
        let after = calling(&runtime, &world, &authenticator, None);
        all_served([before, after]);
        late.join().unwrap();
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 1);
    });
}

#[test]
fn a_rejection_that_comes_late_does_not_bring_back_a_newer_token_that_was_rejected() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        assert!(runtime.block_on(call(&world, &authenticator, None)).served());
        world.revoke();
        let onlooker = watching(&authenticator);
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        let late = {
            let (runtime, authenticator) = (runtime.clone(), authenticator.clone());
            // The server has said no to both tokens.
            world.admits(authenticator.get_credentials().as_ref());
            thread::spawn(move || runtime.block_on(async { authenticator.session().mark_rejected(1, None) }))
        };
        all_served(calls);
        late.join().unwrap();
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 2);
    });
}

#[test]
fn who_is_slow_to_hear_of_a_token_is_not_given_it_after_its_rejection() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        let session = authenticator.session();
        runtime.block_on(async {
            let mut replay = pin!(session.refresh_after(1, METHOD, None));
            let mut first_attempt = pin!(session.attachment(None));
            // Both wait, and are not polled again before all else has happened.
            world.revoke();
            world.admits(authenticator.get_credentials().as_ref());
            assert!(poll_fn(|context| Poll::Ready(replay.as_mut().poll(context).is_pending())).await);
            if !poll_fn(|context| Poll::Ready(first_attempt.as_mut().poll(context).is_pending())).await {
                // The refresh has come to its end between the two: nothing to be seen.
                return;
            }
            for rejected in [1, 2] {
                world.revoke();
                world.admits(authenticator.get_credentials().as_ref());
                session.refresh_after(rejected, METHOD, None).await;
            }
            match (replay.await, first_attempt.await) {
                (AfterRejection::Replay(replay), Ok(Attachment::Token(first_attempt))) => {
                    assert_eq!((replay.generation, first_attempt.generation), (3, 3));
                }
                other => panic!("{other:?}"),
            }
        });
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn tokens_that_are_revoked_one_after_the_other_cost_a_refresh_each_and_no_more() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        let onlooker = watching(&authenticator);
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        world.revoke();
        let later = calling(&runtime, &world, &authenticator, None);
        // Whatever token there is by now. Who replays a call with it hears no for good.
        world.revoke();
        for call in calls.into_iter().chain([later]) {
            call.join().unwrap();
        }
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
        assert!(world.asked() <= 3, "{} refreshes", world.asked());
        assert_eq!(counted(&authenticator), world.asked());
    });
}

#[test]
fn a_refresh_that_returns_the_same_token_ends_all_that_wait_for_it() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[ProviderResponse::SameToken]));
        let authenticator = world.authenticator();
        world.revoke();
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, None));
        for call in calls {
            call.join().unwrap();
        }
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn the_first_calls_share_the_first_login() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.builder().build().unwrap();
        let onlooker = watching(&authenticator);
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, None));
        all_served(calls);
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 1);
    });
}

#[test]
fn logins_by_hand_and_the_calls_beside_them_are_one_login() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.builder().login_first(true).build().unwrap();
        let by_hand = [(); 2].map(|()| {
            let (runtime, authenticator) = (runtime.clone(), authenticator.clone());
            thread::spawn(move || runtime.block_on(authenticator.login()))
        });
        let call = calling(&runtime, &world, &authenticator, None);
        by_hand.into_iter().for_each(|login| drop(login.join().unwrap().unwrap()));
        assert!(call.join().unwrap().served());
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 1);
    });
}

#[test]
fn no_call_goes_out_anonymous_while_a_login_by_hand_is_under_way() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.builder().build().unwrap();
        let by_hand = {
            let (runtime, authenticator) = (runtime.clone(), authenticator.clone());
            thread::spawn(move || runtime.block_on(authenticator.login()))
        };
        let session = authenticator.session();
        let under_way = session.shared.change(|locked| locked.running().is_some());
        let attachment = match session.ready_attachment() {
            Some(attachment) => attachment,
            None => runtime.block_on(session.attachment(None)).unwrap(),
        };
        assert!(!(under_way && matches!(attachment, Attachment::Anonymous)));
        by_hand.join().unwrap().unwrap();
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 1);
    });
}

#[test]
fn a_refresh_by_hand_joins_the_one_that_a_rejection_started() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        world.force();
        let onlooker = watching(&authenticator);
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        let by_hand = {
            let (runtime, authenticator) = (runtime.clone(), authenticator.clone());
            thread::spawn(move || runtime.block_on(authenticator.refresh_credentials()))
        };
        by_hand.join().unwrap().unwrap();
        all_served(calls);
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
        assert!(world.asked() <= 2, "{} refreshes", world.asked());
    });
}

#[test]
fn a_background_refresh_and_a_rejection_are_one_refresh() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        world.tokens_live(Duration::from_secs(1000));
        let authenticator = world.authenticator();
        // Old enough for a refresh while it still serves.
        time::pass(Duration::from_secs(900));
        let onlooker = watching(&authenticator);
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        world.revoke();
        let later = calling(&runtime, &world, &authenticator, None);
        for call in calls.into_iter().chain([later]) {
            call.join().unwrap();
        }
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
        assert!(world.asked() <= 3, "{} refreshes", world.asked());
    });
}

#[test]
fn calls_that_find_the_token_over_share_one_refresh() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        world.tokens_live(Duration::from_secs(1000));
        let authenticator = world.authenticator();
        let onlooker = watching(&authenticator);
        time::pass(Duration::from_secs(2000));
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, None));
        all_served(calls);
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
        assert_eq!(world.asked(), 1);
    });
}

//! Runtimes that end or rest with a refresh of theirs under way, and authenticators that are dropped.

use std::time::Duration;

use shuttle::thread;

use super::{
    call::{call, calling, goes_on, watching},
    check,
    runtime::Handle,
    time,
    world::World,
};

#[test]
fn a_refresh_that_ends_with_its_runtime_is_started_again_on_another() {
    check(|| {
        let (runtime, world) = (Handle::default(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        let onlooker = watching(&authenticator);
        let short_lived = Handle::default();
        drop(short_lived.spawn({
            let (world, authenticator) = (world.clone(), authenticator.clone());
            async move { call(&world, &authenticator, None).await }
        }));
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        short_lived.shut_down();
        for call in calls {
            let ended = call.join().unwrap();
            assert!(ended.served(), "{ended:?}");
        }
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn a_refresh_whose_runtime_rests_is_given_up_once_and_no_call_pays_for_it() {
    check(|| {
        let (runtime, world) = (Handle::default(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        world.admits(authenticator.get_credentials().as_ref());
        world.rest();
        let at_rest = Handle::default();
        at_rest.rest();
        at_rest.block_on(async { authenticator.session().rejected_for_good(1, None) });
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, None));
        // Longer than any login takes.
        time::pass(Duration::from_secs(600));
        at_rest.resume();
        for call in calls {
            let ended = call.join().unwrap();
            assert!(ended.served(), "{ended:?}");
        }
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn the_last_to_drop_an_authenticator_ends_the_refresh_under_way() {
    check(|| {
        let (runtime, world) = (Handle::default(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        for call in calls {
            let ended = call.join().unwrap();
            assert!(ended.served(), "{ended:?}");
        }
        // The provider never answers again.
        world.hold(true);
        let refresh = {
            world.force();
            let runtime = runtime.clone();
            thread::spawn(move || runtime.block_on(async { authenticator.session().rejected_for_good(2, None) }))
        };
        refresh.join().unwrap();
        runtime.block_on(world.left_alone());
    });
}

#[test]
fn an_authenticator_may_be_dropped_while_its_refresh_comes_to_an_end() {
    check(|| {
        let (runtime, world) = (Handle::default(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        let given_up = runtime.spawn({
            let (world, authenticator) = (world.clone(), authenticator.clone());
            async move { call(&world, &authenticator, None).await }
        });
        let dropped = thread::spawn(move || drop(authenticator));
        given_up.abort_handle().abort();
        dropped.join().unwrap();
        runtime.block_on(world.left_alone());
        assert!(world.asked() <= 1);
    });
}

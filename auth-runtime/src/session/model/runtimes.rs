//! Runtimes that end or rest with a refresh of theirs under way, and authenticators that are dropped.

use std::time::Duration;

use shuttle::thread;

use super::{
    super::AfterRejection,
    call::{METHOD, all_served, call, calling, goes_on, watching},
    check,
    runtime::Handle,
    time,
    world::{ProviderResponse, World},
};

#[test]
fn a_refresh_that_ends_with_its_runtime_is_started_again_on_another() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        let onlooker = watching(&authenticator);
        let short_lived = [(); 2].map(|()| Handle::new());
        for short_lived in &short_lived {
            drop(short_lived.spawn({
                let (world, authenticator) = (world.clone(), authenticator.clone());
                async move { call(&world, &authenticator, None).await }
            }));
        }
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        short_lived.iter().for_each(Handle::shut_down);
        all_served(calls);
        onlooker.join().unwrap();
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn a_refresh_that_ends_with_its_runtime_is_over_although_nobody_waits_for_it() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        world.admits(authenticator.get_credentials().as_ref());
        let short_lived = Handle::new();
        let starts = {
            let (short_lived, authenticator) = (short_lived.clone(), authenticator.clone());
            thread::spawn(move || short_lived.block_on(async { authenticator.session().mark_rejected(1, None) }))
        };
        short_lived.shut_down();
        starts.join().unwrap();
        runtime.block_on(short_lived.left_alone());
        let running = authenticator.session().shared.change(|locked| locked.running());
        assert!(running.is_none(), "{running:?}");
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn a_refresh_whose_runtime_rests_is_given_up_once_and_no_call_pays_for_it() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        world.admits(authenticator.get_credentials().as_ref());
        world.may_give_up();
        let at_rest = Handle::new();
        at_rest.rest();
        at_rest.block_on(async { authenticator.session().mark_rejected(1, None) });
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, None));
        // Longer than any login takes.
        time::pass(Duration::from_secs(600));
        at_rest.resume();
        all_served(calls);
        runtime.block_on(at_rest.left_alone());
        assert_eq!(authenticator.statistics().refreshes(), 1, "what was given up changes nothing");
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn the_last_to_drop_an_authenticator_ends_the_refresh_under_way() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[ProviderResponse::NewToken, ProviderResponse::Never]));
        let authenticator = world.authenticator();
        world.revoke();
        world.admits(authenticator.get_credentials().as_ref());
        let starts = {
            let (runtime, authenticator) = (runtime.clone(), authenticator.clone());
            thread::spawn(move || runtime.block_on(async { authenticator.session().mark_rejected(1, None) }))
        };
        let joins_and_starts_another = {
            let (runtime, world) = (runtime.clone(), world.clone());
            thread::spawn(move || {
                runtime.block_on(async {
                    let session = authenticator.session();
                    if let AfterRejection::Replay(token) = session.refresh_after(1, METHOD, None).await {
                        world.revoke();
                        world.admits(Some(&token.credentials));
                        session.mark_rejected(token.generation, None);
                    }
                });
            })
        };
        starts.join().unwrap();
        joins_and_starts_another.join().unwrap();
        runtime.block_on(runtime.left_alone());
    });
}

#[test]
fn an_authenticator_may_be_dropped_while_its_refresh_comes_to_an_end() {
    check(|| {
        let (runtime, world) = (Handle::new(), World::new(&[]));
        let authenticator = world.authenticator();
        world.revoke();
        let given_up = runtime.spawn({
            let (world, authenticator) = (world.clone(), authenticator.clone());
            async move { call(&world, &authenticator, None).await }
        });
        let dropped = thread::spawn(move || drop(authenticator));
        given_up.abort_handle().abort();
        dropped.join().unwrap();
        runtime.block_on(runtime.left_alone());
        assert!(world.asked() <= 1);
    });
}

//! Logouts, while logins begin, run and end.

use shuttle::thread;

use super::{
    call::{CallOutcome, calling, goes_on},
    check,
    runtime::Handle,
    stores::{Store, authenticator, key},
    world::World,
};
use crate::{Authenticator, store::CredentialsStore as _};

/// With a stored token that the server does not take any more.
fn logged_in(runtime: &Handle, store: Store) -> (World, Store, Authenticator) {
    let world = World::new(&[]);
    runtime.block_on(store.save(&key(), &world.issue())).unwrap();
    world.revoke();
    world.may_give_up();
    let authenticator = authenticator(&world, &store);
    (world, store, authenticator)
}

fn logging_out(runtime: &Handle, authenticator: &Authenticator) -> thread::JoinHandle<()> {
    let (runtime, authenticator) = (runtime.clone(), authenticator.clone());
    thread::spawn(move || {
        runtime.block_on(authenticator.logout()).unwrap();
    })
}

/// What a logout has ended brings nothing back.
fn nothing_is_stored_of_a_session_without_credentials(runtime: &Handle, store: &Store, authenticator: &Authenticator) {
    runtime.block_on(runtime.left_alone());
    if authenticator.get_credentials().is_none() {
        let stored = runtime.block_on(store.load(&key())).unwrap();
        assert!(stored.is_none(), "a login that was ended is stored");
    }
}

#[test]
fn a_login_that_a_logout_ends_stores_nothing() {
    check(|| a_login_ends_with_a_logout(Store::new()));
}

#[test]
fn a_login_that_a_logout_ends_stores_nothing_where_nobody_takes_turns() {
    check(|| a_login_ends_with_a_logout(Store::without_locks()));
}

fn a_login_ends_with_a_logout(store: Store) {
    let runtime = Handle::new();
    let (world, store, authenticator) = logged_in(&runtime, store);
    let login = {
        let (runtime, authenticator) = (runtime.clone(), authenticator.clone());
        thread::spawn(move || runtime.block_on(authenticator.refresh_credentials()).is_ok())
    };
    logging_out(&runtime, &authenticator).join().unwrap();
    login.join().unwrap();
    nothing_is_stored_of_a_session_without_credentials(&runtime, &store, &authenticator);
    goes_on(&runtime, &world, &authenticator);
}

#[test]
fn calls_that_wait_for_a_login_hear_of_the_logout_or_log_in_anew() {
    check(|| {
        let runtime = Handle::new();
        let (world, store, authenticator) = logged_in(&runtime, Store::new());
        let calls = [(); 2].map(|()| calling(&runtime, &world, &authenticator, None));
        let logout = logging_out(&runtime, &authenticator);
        for call in calls {
            let outcome = call.join().unwrap();
            assert!(matches!(outcome, CallOutcome::Served | CallOutcome::Failed(_)), "{outcome:?}");
        }
        logout.join().unwrap();
        nothing_is_stored_of_a_session_without_credentials(&runtime, &store, &authenticator);
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn two_logouts_at_once_are_one() {
    check(|| {
        let runtime = Handle::new();
        let (world, store, authenticator) = logged_in(&runtime, Store::new());
        let call = calling(&runtime, &world, &authenticator, None);
        let logouts = [(); 2].map(|()| logging_out(&runtime, &authenticator));
        call.join().unwrap();
        logouts.into_iter().for_each(|logout| logout.join().unwrap());
        nothing_is_stored_of_a_session_without_credentials(&runtime, &store, &authenticator);
        goes_on(&runtime, &world, &authenticator);
    });
}

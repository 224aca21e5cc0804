//! Stored credentials, that are read while calls wait for them.

use super::{
    call::{all_fail, all_served, calling, goes_on, watching},
    check, pause,
    runtime::Handle,
    time,
    world::{FLOW, ProviderResponse, World},
};
use crate::{
    Authenticator, Credentials,
    store::{CredentialsStore, MemoryStore, StoreError, StoreKey, StoreLock},
};

/// A store that takes a moment for everything.
#[derive(Clone)]
pub(super) struct Store {
    memory: MemoryStore,
    /// Whether those who refresh what is stored take turns.
    locks: bool,
}

impl Store {
    pub(super) fn new() -> Self {
        Self { memory: MemoryStore::new(), locks: true }
    }

    pub(super) fn without_locks() -> Self {
        Self { locks: false, ..Self::new() }
    }
}

impl CredentialsStore for Store {
    async fn load(&self, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        pause().await;
        self.memory.load(key).await
    }

    async fn save(&self, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        pause().await;
        self.memory.save(key, credentials).await
    }

    async fn delete(&self, key: &StoreKey, only_if: &Credentials) -> Result<(), StoreError> {
        pause().await;
        self.memory.delete(key, only_if).await
    }

    async fn lock(&self, key: &StoreKey) -> Result<StoreLock, StoreError> {
        pause().await;
        match self.locks {
            true => self.memory.lock(key).await,
            false => Ok(StoreLock::unshared()),
        }
    }
}

pub(super) fn authenticator(world: &World, store: &Store) -> Authenticator {
    world.builder().store(store.clone()).build().unwrap()
}

pub(super) fn key() -> StoreKey {
    StoreKey::new("http://localhost:1", "", FLOW)
}

/// How often the first calls of a session, all of which are served, ask the provider.
fn asked_by_the_first_calls(runtime: &Handle, world: &World, store: &Store) -> usize {
    let authenticator = authenticator(world, store);
    let onlooker = watching(&authenticator);
    all_served([(); 3].map(|()| calling(runtime, world, &authenticator, None)));
    onlooker.join().unwrap();
    goes_on(runtime, world, &authenticator);
    world.asked()
}

#[test]
fn the_first_calls_read_the_store_once_and_ask_nobody() {
    check(|| {
        let (runtime, world, store) = (Handle::new(), World::new(&[]), Store::new());
        runtime.block_on(store.save(&key(), &world.issue())).unwrap();
        assert_eq!(asked_by_the_first_calls(&runtime, &world, &store), 0);
    });
}

#[test]
fn the_first_calls_share_the_login_that_replaces_a_stored_token_which_is_rejected() {
    check(|| {
        let (runtime, world, store) = (Handle::new(), World::new(&[]), Store::new());
        runtime.block_on(store.save(&key(), &world.issue())).unwrap();
        world.revoke();
        assert_eq!(asked_by_the_first_calls(&runtime, &world, &store), 1);
    });
}

#[test]
fn the_first_calls_share_the_login_where_nothing_is_stored() {
    check(|| {
        let (runtime, world, store) = (Handle::new(), World::new(&[]), Store::new());
        assert_eq!(asked_by_the_first_calls(&runtime, &world, &store), 1);
    });
}

#[test]
fn the_first_calls_share_the_login_where_what_is_stored_is_over() {
    check(|| {
        let (runtime, world, store) = (Handle::new(), World::new(&[]), Store::new());
        let over = world.issue().with_expires_at(time::wall());
        world.revoke();
        world.admits(Some(&over));
        runtime.block_on(store.save(&key(), &over)).unwrap();
        assert_eq!(asked_by_the_first_calls(&runtime, &world, &store), 1);
    });
}

#[test]
fn no_call_goes_out_anonymous_where_somebody_has_logged_in_before_though_the_login_fails() {
    check(|| {
        let (runtime, world, store) = (Handle::new(), World::new(&[ProviderResponse::No]), Store::new());
        let over = world.issue().with_expires_at(time::wall());
        world.revoke();
        world.admits(Some(&over));
        runtime.block_on(store.save(&key(), &over)).unwrap();
        let authenticator = authenticator(&world, &store);
        let calls = [(); 3].map(|()| calling(&runtime, &world, &authenticator, None));
        all_fail(calls);
        assert_eq!((world.asked(), world.anonymous_calls()), (1, 0));
        goes_on(&runtime, &world, &authenticator);
    });
}

#[test]
fn two_authenticators_that_share_a_store_share_the_refresh() {
    check(|| {
        let (runtime, world, store) = (Handle::new(), World::new(&[]), Store::new());
        runtime.block_on(store.save(&key(), &world.issue())).unwrap();
        world.revoke();
        let authenticators = [(); 2].map(|()| authenticator(&world, &store));
        let calls = [0, 0, 1].map(|index: usize| calling(&runtime, &world, &authenticators[index], None));
        all_served(calls);
        authenticators.iter().for_each(|authenticator| goes_on(&runtime, &world, authenticator));
        assert_eq!(world.asked(), 1);
    });
}

//! Whose login a logout ends at the provider.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use secrecy::ExposeSecret as _;

use super::{KeyringLayout, SharedKeyring};
use crate::{
    AuthError, Authenticator, Credentials, Flow, FlowContext,
    store::{CredentialsStore as _, StoreKey, keyring::map::Map},
};

const ENDPOINT: &str = "https://flyte.example.com";

/// A provider of which only the tokens matter.
#[derive(Debug, Clone, Default)]
struct Provider {
    rotates: bool,
    revoked: Arc<Mutex<Vec<String>>>,
}

impl Flow for Provider {
    async fn refresh_credentials(&self, _: &FlowContext, old: Option<&Credentials>) -> Result<Credentials, AuthError> {
        let kept = old.and_then(Credentials::refresh_token).filter(|_| !self.rotates);
        let refresh_token = kept.map_or("made here", |kept| kept.expose_secret());
        Ok(Credentials::new("new").with_refresh_token(refresh_token).with_token_endpoint("https://idp.test/token"))
    }

    async fn revoke(&self, _: &FlowContext, credentials: &Credentials) -> Result<(), AuthError> {
        let token = credentials.refresh_token().unwrap().expose_secret().to_owned();
        self.revoked.lock().unwrap().push(token);
        Ok(())
    }

    fn name(&self) -> Cow<'static, str> {
        "test".into()
    }

    fn persistent(&self) -> bool {
        true
    }
}

struct World {
    map: Arc<Map>,
    layout: KeyringLayout,
    provider: Provider,
    locks: tempfile::TempDir,
}

impl World {
    fn new(layout: KeyringLayout, rotates: bool) -> Self {
        let provider = Provider { rotates, ..Provider::default() };
        Self { map: Arc::default(), layout, provider, locks: tempfile::tempdir().unwrap() }
    }

    fn keyring(&self) -> SharedKeyring {
        let keyring = SharedKeyring::new().write_as(self.layout).over(Arc::clone(&self.map) as _);
        keyring.lock_directory(self.locks.path()).note_directory(self.locks.path())
    }

    fn run(&self) -> Authenticator {
        Authenticator::builder(ENDPOINT).flow(self.provider.clone()).store(self.keyring()).build().unwrap()
    }

    /// Another program logs in, or refreshes, in the layout that is written here.
    fn another_program_writes(&self, access_token: &str, refresh_token: &str) {
        let login = Credentials::new(access_token).with_refresh_token(refresh_token);
        self.layout.write(&*self.map, &key(), &login).unwrap();
    }

    async fn assert_logged_out(&self, run: &Authenticator, revoked: &[&str]) {
        assert!(run.logout().await.unwrap(), "{:?}: something was stored", self.layout);
        assert_eq!(*self.provider.revoked.lock().unwrap(), revoked, "{:?}", self.layout);
        assert!(self.keyring().load(&key()).await.unwrap().is_none(), "{:?}: the entry is gone", self.layout);
    }
}

fn key() -> StoreKey {
    StoreKey::new(ENDPOINT, "", "test")
}

#[tokio::test]
async fn what_another_program_wrote_into_the_layout_that_is_written_is_deleted_and_not_ended() {
    for layout in KeyringLayout::ALL {
        let world = World::new(layout, true);
        world.another_program_writes("theirs", "their refresh token");
        world.assert_logged_out(&world.run(), &[]).await;
    }
}

#[tokio::test]
async fn what_is_held_of_an_entry_that_the_other_program_has_refreshed_since_is_not_ended() {
    for layout in KeyringLayout::ALL {
        let world = World::new(layout, true);
        world.another_program_writes("theirs", "their refresh token");
        let run = world.run();
        assert_eq!(run.login().await.unwrap().access_token().expose_secret(), "theirs");
        world.another_program_writes("theirs, newer", "their newer refresh token");
        world.assert_logged_out(&run, &[]).await;
    }
}

#[tokio::test]
async fn a_refresh_token_of_another_program_that_is_used_here_is_not_ended() {
    for (layout, in_next_run) in KeyringLayout::ALL.iter().flat_map(|layout| [(*layout, false), (*layout, true)]) {
        let world = World::new(layout, false);
        world.another_program_writes("theirs", "their refresh token");
        let run = world.run();
        run.login().await.unwrap();
        assert_eq!(run.refresh_credentials().await.unwrap().access_token().expose_secret(), "new");
        let run = if in_next_run { world.run() } else { run };
        world.assert_logged_out(&run, &[]).await;
    }
}

#[tokio::test]
async fn it_is_not_ended_either_where_the_refreshed_credentials_could_not_be_stored() {
    let world = World::new(KeyringLayout::Flytekit, false);
    world.another_program_writes("theirs", "their refresh token");
    let run = world.run();
    run.login().await.unwrap();
    world.map.end_after(Some(0));
    run.refresh_credentials().await.unwrap();
    world.map.end_after(None);
    world.assert_logged_out(&run, &[]).await;
}

#[tokio::test]
async fn what_was_logged_in_or_rotated_here_is_ended() {
    for (layout, in_next_run) in KeyringLayout::ALL.iter().flat_map(|layout| [(*layout, false), (*layout, true)]) {
        for from_another_program in [false, true] {
            let world = World::new(layout, true);
            if from_another_program {
                world.another_program_writes("theirs", "their refresh token");
            }
            let run = world.run();
            run.login().await.unwrap();
            if from_another_program {
                run.refresh_credentials().await.unwrap();
            }
            let run = if in_next_run { world.run() } else { run };
            world.assert_logged_out(&run, &["made here"]).await;
        }
    }
}

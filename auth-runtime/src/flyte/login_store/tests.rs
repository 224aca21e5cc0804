#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, future::pending, path::PathBuf, sync::Arc, time::Duration};

use tempfile::TempDir;

use super::{LOGIN_STORE_VARIABLE, LoginPlace, LoginStore};
use crate::{
    AuthErrorKind, Credentials,
    flyte::SharedKeyring,
    store::{
        CredentialsStore as _, StoreKey,
        keyring::{
            entries::Entries as _,
            map::{Map, Step},
        },
    },
};

/// A machine with a keyring and a home.
struct Machine {
    keyring: Arc<Map>,
    home: TempDir,
    key: StoreKey,
}

impl Machine {
    fn new() -> Self {
        let key = StoreKey::new("https://flyte.example.com", "", "pkce");
        Self { keyring: Arc::default(), home: tempfile::tempdir().unwrap(), key }
    }

    fn without_keyring() -> Self {
        let machine = Self::new();
        machine.keyring.fail(&[Step::Open]);
        machine
    }

    fn directory(&self) -> PathBuf {
        self.home.path().join("logins")
    }

    /// The store of the next run of a program.
    fn store(&self) -> LoginStore {
        let keyring = SharedKeyring::new().over(Arc::clone(&self.keyring) as _).lock_directory(self.home.path());
        LoginStore::new().keyring(keyring).directory(self.directory())
    }

    fn files(&self) -> usize {
        let json = |path: PathBuf| path.extension().is_some_and(|extension| extension == "json");
        fs::read_dir(self.directory()).map_or(0, |all| all.filter(|entry| json(entry.as_ref().unwrap().path())).count())
    }

    fn is_in_keyring(&self) -> bool {
        self.keyring.content().iter().any(|(_, user, _)| user == "access_token")
    }

    async fn save(&self, store: &LoginStore, token: &str) {
        store.save(&self.key, &Credentials::new(token)).await.unwrap();
    }

    async fn holds(&self, store: &LoginStore, token: &str) -> bool {
        store.load(&self.key).await.unwrap().is_some_and(|found| found.same_tokens(&Credentials::new(token)))
    }
}

#[tokio::test]
async fn where_there_is_a_keyring_logins_are_kept_in_it_and_nowhere_else() {
    let machine = Machine::new();
    let store = machine.store();
    assert_eq!(store.place().await, LoginPlace::Keyring);
    machine.save(&store, "token").await;
    assert!(machine.is_in_keyring());
    assert_eq!((machine.files(), store.take_notice()), (0, None));
    assert!(machine.holds(&machine.store(), "token").await);
}

#[tokio::test]
async fn where_there_is_none_they_are_kept_in_files_and_that_is_said_once() {
    let machine = Machine::without_keyring();
    let store = machine.store();
    assert_eq!(store.place().await, LoginPlace::Files(machine.directory()));
    machine.save(&store, "token").await;
    let notice = store.take_notice().unwrap();
    let directory = machine.directory().display().to_string();
    for expected in ["Open fails", &directory, "not encrypted", LOGIN_STORE_VARIABLE] {
        assert!(notice.contains(expected), "{notice}");
    }
    machine.save(&store, "refreshed").await;
    assert_eq!((store.take_notice(), machine.files()), (None, 1));

    let next_run = machine.store();
    assert!(machine.holds(&next_run, "refreshed").await);
    machine.save(&next_run, "refreshed again").await;
    assert_eq!(next_run.take_notice(), None, "it was said");
}

#[tokio::test]
async fn what_went_into_a_file_goes_into_the_keyring_once_there_is_one() {
    let machine = Machine::new();
    machine.save(&machine.store(), "in the keyring").await;
    machine.keyring.fail(&[Step::Set]);
    machine.save(&machine.store(), "refreshed while it was locked").await;
    assert_eq!(machine.files(), 1);
    machine.keyring.fail(&[]);
    let store = machine.store();
    assert!(machine.holds(&store, "refreshed while it was locked").await, "the newer of the two");
    machine.save(&store, "refreshed").await;
    assert_eq!(machine.files(), 0);
    assert!(machine.holds(&machine.store(), "refreshed").await);
}

#[tokio::test]
async fn where_no_file_can_be_written_either_they_are_kept_in_memory_with_a_warning() {
    let machine = Machine::without_keyring();
    fs::write(machine.directory(), "no directory").unwrap();
    let store = machine.store();
    machine.save(&store, "token").await;
    let notice = store.take_notice().unwrap();
    assert!(notice.contains("in memory only") && notice.contains("Not a directory"), "{notice}");
    assert_eq!(store.place().await, LoginPlace::Memory);
    assert!(machine.holds(&store, "token").await);
    assert!(machine.store().load(&machine.key).await.is_err(), "what is there cannot be read");
    drop(store.lock(&machine.key).await.unwrap());
}

#[tokio::test]
async fn one_place_can_be_chosen() {
    for (value, place) in [
        (None, LoginPlace::Keyring),
        (Some(""), LoginPlace::Keyring),
        (Some("keyring"), LoginPlace::Keyring),
        (Some(" File "), LoginPlace::Files(PathBuf::new())),
        (Some("memory"), LoginPlace::Memory),
    ] {
        let machine = Machine::new();
        let store = machine.store().chosen(value).unwrap();
        machine.save(&store, "token").await;
        let expected = match place {
            LoginPlace::Files(_) => LoginPlace::Files(machine.directory()),
            place => place,
        };
        assert_eq!(store.place().await, expected, "{value:?}");
        let in_files = matches!(expected, LoginPlace::Files(_));
        let found = (machine.is_in_keyring(), machine.files() == 1);
        assert_eq!(found, (expected == LoginPlace::Keyring, in_files), "{value:?}");
    }
    let error = Machine::new().store().chosen(Some("vault")).unwrap_err();
    assert_eq!((error.kind(), error.setting()), (AuthErrorKind::Configuration, Some(LOGIN_STORE_VARIABLE)));
    assert!(error.to_string().contains("`vault` is no place for logins; use keyring, file or memory"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_keyring_that_fails_is_no_logout_and_is_left_alone_for_some_minutes() {
    let machine = Machine::new();
    machine.save(&machine.store(), "token").await;
    let store = machine.store();
    assert!(machine.holds(&store, "token").await);
    machine.keyring.fail(&[Step::Get]);
    assert!(store.load(&machine.key).await.is_err(), "it may still hold the login");
    let opened = machine.keyring.opened();
    let error = store.load(&machine.key).await.unwrap_err();
    assert!(error.to_string().contains("Get fails"), "{error}");
    assert!(store.log_out(&machine.key).await.is_err(), "the login is still there");
    assert_eq!(machine.keyring.opened(), opened);

    machine.keyring.fail(&[]);
    tokio::time::advance(Duration::from_secs(5 * 60)).await;
    assert!(machine.holds(&store, "token").await);
}

#[tokio::test]
async fn a_keyring_that_does_not_answer_in_time_is_one_that_failed() {
    let machine = Machine::new();
    let store = machine.store();
    assert!(tokio::time::timeout(Duration::ZERO, store.ask(pending::<Result<(), _>>())).await.is_err());
    assert!(store.state.keyring_failure().is_some_and(|error| error.to_string().contains("did not answer")));
    machine.save(&store, "token").await;
    assert_eq!(machine.files(), 1);
}

#[tokio::test]
async fn a_logout_empties_every_place_and_names_what_it_leaves() {
    let machine = Machine::new();
    machine.save(&machine.store(), "in the keyring").await;
    machine.keyring.set("flyte.example.com", "tokens", r#"{"access_token":"of Flyte 2"}"#).unwrap();
    machine.keyring.fail(&[Step::Set]);
    machine.save(&machine.store(), "in a file").await;
    machine.keyring.fail(&[]);
    let store = machine.store();
    let outcome = store.log_out(&machine.key).await.unwrap();
    assert!(outcome.was_stored());
    assert_eq!(store.left_behind(), ["the login of Flyte 2 (service flyte.example.com, user tokens)"]);
    assert!(outcome.left().eq(store.left_behind()));
    assert_eq!((machine.files(), machine.is_in_keyring()), (0, false));
    assert!(machine.store().load(&machine.key).await.unwrap().is_none());
}

#[tokio::test]
async fn whoever_refreshes_what_is_in_a_file_holds_the_lock_of_those_without_a_keyring_too() {
    let machine = Machine::new();
    machine.save(&machine.store().without_keyring(), "token").await;
    drop(machine.store().without_keyring().lock(&machine.key).await.unwrap());
    let is_lock = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "lock");
    let lock = fs::read_dir(machine.directory()).unwrap().map(|entry| entry.unwrap().path()).find(is_lock).unwrap();
    let lock = fs::File::options().write(true).open(lock).unwrap();
    let held = machine.store().lock(&machine.key).await.unwrap();
    assert!(fs4::FileExt::try_lock(&lock).is_err());
    drop(held);
    fs4::FileExt::try_lock(&lock).unwrap();
}

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{
    fs,
    future::{Future, pending},
    path::PathBuf,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use tempfile::TempDir;

use super::{LOGIN_STORE_VARIABLE, LoginPlace, LoginStore};
use crate::{
    AuthErrorKind, Credentials,
    flyte::SharedKeyring,
    store::{
        CredentialsStore as _, FileStore, StoreKey,
        keyring::{
            entries::Entries as _,
            map::{Held, Map, Step},
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
    let expected = "FLYTE_ADMIN_LOGINSTORE: `vault` is no place for logins; use keyring, file or memory";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_keyring_that_fails_is_no_logout_and_is_left_alone_for_some_minutes() {
    let machine = Machine::new();
    machine.save(&machine.store(), "token").await;
    let store = machine.store();
    assert!(machine.holds(&store, "token").await);
    tokio::time::pause();
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
    assert!(store.keyring_failure().is_some_and(|error| error.to_string().contains("did not answer")));
    machine.save(&store, "token").await;
    assert_eq!(machine.files(), 1);
}

/// Windows keeps 2,560 bytes of an entry, and a token with many groups has more.
#[tokio::test]
async fn a_token_that_the_keyring_does_not_take_is_kept_in_a_file_and_that_is_said() {
    let machine = Machine::new();
    let long = "x".repeat(5 * 1024);
    machine.keyring.fail(&[Step::Set]);
    let store = machine.store();
    machine.save(&store, &long).await;
    assert!(machine.files() == 1 && !machine.is_in_keyring());
    let notice = store.take_notice().unwrap();
    assert!(notice.contains("Set fails") && notice.contains("in files in"), "{notice}");
    assert!(machine.holds(&machine.store(), &long).await, "the next run finds it");
    machine.keyring.fail(&[]);
    let next = machine.store();
    machine.save(&next, "short").await;
    assert!(machine.files() == 0 && machine.is_in_keyring());
}

/// What somebody does who does not wait until the keyring answers.
async fn given_up<T>(held: &mut Held, work: impl Future<Output = T>) {
    tokio::select! {
        _ = work => panic!("it answers"),
        () = held.is_asked() => {}
    }
}

#[tokio::test]
async fn a_keyring_that_does_not_say_in_time_whether_it_is_there_is_asked_once_and_used_when_it_has_said_so() {
    let machine = Machine::new();
    machine.save(&machine.store(), "in the keyring").await;
    let (store, before) = (machine.store(), machine.keyring.opened());
    let mut held = machine.keyring.hold();
    given_up(&mut held, store.load(&machine.key)).await;

    // For as long as it does not answer, however long that is.
    tokio::time::pause();
    for _ in 0..3 {
        let error = store.load(&machine.key).await.unwrap_err();
        assert!(error.to_string().contains("did not answer"), "{error}");
        drop(store.lock(&machine.key).await.unwrap());
        assert_eq!(store.place().await, LoginPlace::Files(machine.directory()));
        assert!(store.log_out(&machine.key).await.is_err(), "the login is still there");
        tokio::time::advance(Duration::from_secs(60 * 60)).await;
    }
    tokio::time::resume();
    machine.save(&store, "meanwhile").await;
    assert!(store.take_notice().unwrap().contains("did not answer"));
    assert_eq!((machine.files(), machine.keyring.opened()), (1, before + 1), "each use asks anew");

    drop(held);
    store.state.end_of_check().await.unwrap();
    assert_eq!(store.place().await, LoginPlace::Keyring);
    assert!(machine.holds(&store, "meanwhile").await);
    machine.save(&store, "in the keyring again").await;
    assert_eq!(machine.files(), 0);
}

#[tokio::test]
async fn a_lock_does_not_wait_for_a_keyring_for_as_long_as_a_login_may_take() {
    let machine = Machine::new();
    let store = machine.store();
    let mut held = machine.keyring.hold();
    let mut lock = Box::pin(store.lock(&machine.key));
    given_up(&mut held, &mut lock).await;
    tokio::time::pause();
    // Nothing but the time moves.
    drop(lock.await.unwrap());
    assert!(store.keyring_failure().is_some());
    drop(held);
}

#[tokio::test]
async fn all_who_wait_for_the_same_check_hear_of_its_end() {
    for fails in [false, true] {
        let machine = Machine::new();
        let (store, mut held) = (machine.store(), machine.keyring.hold());
        machine.keyring.fail(if fails { &[Step::Open] } else { &[] });
        let waiting = || {
            let store = store.clone();
            tokio::spawn(async move { store.place().await })
        };
        let first = waiting();
        held.is_asked().await;
        let second = waiting();
        drop(held);
        let expected = if fails { LoginPlace::Files(machine.directory()) } else { LoginPlace::Keyring };
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (expected.clone(), expected));
        assert_eq!(machine.keyring.opened(), 1);
    }
}

/// Polls on this thread, without a clock.
fn outside_of_a_runtime<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let (mut future, waker) = (pin!(future), Waker::from(Arc::new(Unpark(thread::current()))));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

#[test]
fn where_logins_are_kept_is_told_outside_of_a_runtime_as_well() {
    assert_eq!(outside_of_a_runtime(Machine::new().store().place()), LoginPlace::Keyring);
    let machine = Machine::without_keyring();
    assert_eq!(outside_of_a_runtime(machine.store().place()), LoginPlace::Files(machine.directory()));
}

#[tokio::test]
async fn a_question_that_was_given_up_is_not_followed_by_another_until_it_is_answered() {
    let machine = Machine::new();
    machine.save(&machine.store(), "token").await;
    let store = machine.store();
    assert!(machine.holds(&store, "token").await);
    let opened = machine.keyring.opened();
    let mut held = machine.keyring.hold();
    given_up(&mut held, store.load(&machine.key)).await;
    tokio::time::pause();
    for _ in 0..2 {
        assert!(store.load(&machine.key).await.is_err());
        tokio::time::advance(Duration::from_secs(60 * 60)).await;
    }
    assert_eq!(machine.keyring.opened(), opened + 1);
    drop(held);
    while store.keyring_failure().is_some() {
        tokio::task::yield_now().await;
    }
    assert!(machine.holds(&store, "token").await);
}

#[tokio::test]
async fn a_file_that_cannot_be_removed_does_not_win_over_what_has_replaced_it() {
    let machine = Machine::new();
    machine.save(&machine.store().without_keyring(), "in a file").await;
    let stuck = |store: LoginStore| {
        let files = store.files.clone().map(FileStore::read_only);
        LoginStore { files, ..store }
    };
    let store = stuck(machine.store());
    assert!(machine.holds(&store, "in a file").await);
    machine.save(&store, "in the keyring").await;
    assert_eq!(machine.files(), 1, "as the test wants it");
    for store in [store, stuck(machine.store()), machine.store()] {
        assert!(machine.holds(&store, "in the keyring").await);
    }
    // What went into a file since then is the newest again.
    machine.keyring.fail(&[Step::Set]);
    machine.save(&machine.store(), "while it was locked").await;
    machine.keyring.fail(&[]);
    assert!(machine.holds(&machine.store(), "while it was locked").await);
}

#[tokio::test]
async fn a_login_that_has_ended_is_not_used_though_its_file_cannot_be_removed() {
    for by_logout in [true, false] {
        let machine = Machine::new();
        machine.save(&machine.store().without_keyring(), "in a file").await;
        let store = machine.store();
        let files = store.files.clone().map(FileStore::read_only);
        let store = LoginStore { files, ..store };
        let told = match by_logout {
            true => store.log_out(&machine.key).await.map(drop),
            false => store.delete(&machine.key, &Credentials::new("in a file")).await,
        };
        assert!(told.is_err(), "it is still there");
        assert!(machine.store().load(&machine.key).await.unwrap().is_none());
    }
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

//! Things that are no files where files are expected: nobody waits for them for ever, and a login goes on.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
    path::{Path, PathBuf},
    process::Command,
};

use auth_runtime::store::{CredentialsStore as _, FileStore};
use tempfile::TempDir;
use tests::{
    call::{Kind, call, spawn},
    guard::{Watchdog, within_reason},
    login::Login,
    store::{key, logged_in_before},
};
use tonic::Code;

/// What somebody may put in the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    /// Opening it to read waits for a writer, and the other way round.
    Pipe,
    Directory,
    /// A link to a device that never ends.
    Endless,
    Socket,
    /// A link to a pipe.
    LinkToPipe,
}

const OTHERS: [Other; 5] = [Other::Pipe, Other::Directory, Other::Endless, Other::Socket, Other::LinkToPipe];

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

impl Other {
    /// Puts it in the place of the file.
    fn put(self, path: &Path, elsewhere: &Path) {
        fs::remove_file(path).unwrap();
        match self {
            Self::Pipe => pipe(path),
            Self::Directory => fs::create_dir(path).unwrap(),
            Self::Endless => symlink("/dev/zero", path).unwrap(),
            Self::Socket => drop(UnixListener::bind(path).unwrap()),
            Self::LinkToPipe => {
                let target = elsewhere.join("pipe");
                pipe(&target);
                symlink(target, path).unwrap();
            }
        }
    }
}

/// A store in which somebody has logged in, and its only file of a kind.
async fn logged_in(login: &Login, extension: &str) -> (FileStore, PathBuf, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    // A socket's name may have a hundred characters, and that of an entry has more.
    let store = FileStore::new(directory.path().join("s"));
    logged_in_before(login, store.clone()).await;
    let files = fs::read_dir(directory.path().join("s")).unwrap().map(|entry| entry.unwrap().path());
    let file = files.into_iter().find(|path| path.extension().is_some_and(|found| found == extension)).unwrap();
    (store, file, directory)
}

#[tokio::test]
async fn a_login_goes_on_and_no_thread_waits_though_the_entry_is_no_file() {
    let _watchdog = Watchdog::start();
    for other in OTHERS.into_iter().filter(|other| *other != Other::Socket) {
        let login = Login::new();
        let (store, entry, directory) = logged_in(&login, "json").await;
        other.put(&entry, directory.path());
        let authenticator = login.builder(login.pkce()).store(store.clone()).build().unwrap();
        let waiting = spawn(&login.client(&authenticator), Kind::Unary);
        login.log_in(1).await;
        assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{other:?}");
        let error = within_reason("the store", store.load(&key(&login))).await.unwrap_err();
        assert!(error.to_string().contains("remove it, credentials are kept in a file"), "{other:?}: {error}");
    }
}

#[tokio::test]
async fn a_login_goes_on_and_no_thread_waits_though_the_lock_is_no_file() {
    let _watchdog = Watchdog::start();
    for other in OTHERS.into_iter().filter(|other| *other != Other::Socket) {
        let login = Login::new();
        let (store, lock, directory) = logged_in(&login, "lock").await;
        other.put(&lock, directory.path());
        let error = within_reason("the lock", store.lock(&key(&login))).await.unwrap_err();
        assert!(error.to_string().contains("cannot be locked"), "{other:?}: {error}");

        // What is stored is used as long as it is good. It is not this program's to refresh.
        let authenticator = login.builder(login.pkce()).store(store).build().unwrap();
        let client = login.client(&authenticator);
        assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok, "{other:?}");
        login.tokens.revoke_all();
        let waiting = spawn(&client, Kind::Unary);
        login.log_in(1).await;
        assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{other:?}");
    }
}

#[tokio::test]
async fn a_file_that_never_ends_is_not_read_to_its_end() {
    let _watchdog = Watchdog::start();
    let login = Login::new();
    let (store, entry, _directory) = logged_in(&login, "json").await;
    // Without a block on the disk.
    fs::File::options().write(true).open(&entry).unwrap().set_len(1 << 40).unwrap();
    assert!(within_reason("the store", store.load(&key(&login))).await.unwrap().is_none());
}

#[tokio::test]
async fn a_directory_that_is_none_is_an_error() {
    let _watchdog = Watchdog::start();
    for other in OTHERS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logins");
        fs::write(&path, "").unwrap();
        other.put(&path, folder.path());
        let login = Login::new();
        let store = FileStore::new(&path);
        let locked = within_reason("the lock", store.lock(&key(&login))).await;
        assert_eq!(locked.is_ok(), other == Other::Directory, "{other:?}");
        let loaded = within_reason("the store", store.load(&key(&login))).await;
        assert_eq!(loaded.is_ok(), other == Other::Directory, "{other:?}");
    }
}

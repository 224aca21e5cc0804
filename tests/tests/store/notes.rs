//! What is remembered beside credentials: whom a login was with, and that one was declined.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{
    Authenticator,
    store::{CredentialsStore, FileStore, MemoryStore, StoreKey},
};
use secrecy::ExposeSecret as _;
use tests::{canary, login::Login};

async fn assert_kept(store: &impl CredentialsStore, reopened: &impl CredentialsStore) {
    let [key, another] = ["pkce", ""].map(|flow| StoreKey::new("https://flyte.example.com", "client", flow));
    assert_eq!(store.load_note(&key).await.unwrap(), None);
    store.save_note(&key, "").await.unwrap();
    for note in ["a note", "another\nwith lines ü"] {
        store.save_note(&key, note).await.unwrap();
        assert_eq!(reopened.load_note(&key).await.unwrap().as_deref(), Some(note));
        assert_eq!(reopened.load_note(&another).await.unwrap(), None, "that is another's");
        assert!(reopened.load(&key).await.unwrap().is_none(), "a note is no login");
    }
    store.save_note(&key, "").await.unwrap();
    assert_eq!(reopened.load_note(&key).await.unwrap(), None);
}

#[tokio::test]
async fn a_note_is_kept_under_its_key_until_it_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let file = || FileStore::new(folder.path().join("logins"));
    assert_kept(&file(), &file()).await;
    let memory = MemoryStore::new();
    assert_kept(&memory, &memory.clone()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn notes_are_this_users_alone_hold_no_secret_and_a_broken_one_counts_as_none() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let login = Login::new();
    let client =
        || -> Authenticator { login.builder(login.pkce()).store(FileStore::new(folder.path())).build().unwrap() };
    let first = client();
    let (credentials, _) = tokio::join!(first.login(), login.log_in(0));
    let credentials = credentials.unwrap();
    canary::observe(&credentials);
    let notes = || {
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "note")).collect::<Vec<_>>()
    };
    assert_eq!(notes().len(), 1);
    let note = std::fs::read_to_string(&notes()[0]).unwrap();
    assert!(note.contains(&login.provider.url("/token")), "{note}");
    for secret in [Some(credentials.access_token()), credentials.refresh_token()].into_iter().flatten() {
        assert!(!note.contains(secret.expose_secret()), "{note}");
    }
    assert_eq!(std::fs::metadata(&notes()[0]).unwrap().permissions().mode() & 0o777, 0o600);

    first.logout().await.unwrap();
    for broken in [&b"{"[..], b"\xff\xfe", b"", &[b'x'; 2 * 1024 * 1024]] {
        std::fs::write(&notes()[0], broken).unwrap();
        let next = client();
        let (outcome, _) = tokio::join!(next.login(), login.log_in(login.prompt.shown().len()));
        outcome.unwrap();
        next.logout().await.unwrap();
    }
}

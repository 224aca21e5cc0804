//! Credentials in files: who may read them, what is refused, and what a crash leaves behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use auth_runtime::{
    Credentials,
    store::{CredentialsStore as _, FileStore, StoreKey},
};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tests::{
    call::{Kind, call, spawn},
    canary::{self, Canary, Phrase},
    login::Login,
    store::{key, logged_in_before},
};
use tonic::Code;

struct World {
    directory: TempDir,
    store: FileStore,
    key: StoreKey,
    canary: Canary,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = FileStore::new(directory.path().join("credentials"));
        canary::observe(&store);
        let key = StoreKey::new("https://flyte.example.com:8443", "the client/with: odd ü", "pkce");
        Self { store, directory, key, canary: Canary::new() }
    }

    fn credentials(&self) -> Credentials {
        Credentials::new(self.canary.secret()).with_refresh_token(self.canary.secret())
    }

    async fn saved(&self) -> Credentials {
        let credentials = self.credentials();
        self.store.save(&self.key, &credentials).await.unwrap();
        credentials
    }

    async fn load(&self) -> Option<Credentials> {
        self.store.load(&self.key).await.unwrap()
    }

    /// The only file of the store.
    fn file(&self) -> PathBuf {
        only_file(&self.directory.path().join("credentials"))
    }
}

fn only_file(directory: &Path) -> PathBuf {
    let files: Vec<_> = files(directory);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    // Beside the entries there are locks and notes.
    entries.filter(|path| path.extension().is_some_and(|it| it != "lock" && it != "note")).collect()
}

#[tokio::test]
async fn what_is_saved_is_loaded() {
    let world = World::new();
    assert!(world.load().await.is_none(), "neither file nor directory is there yet");
    let end = UNIX_EPOCH + Duration::from_secs(1_893_456_000);
    let full = world
        .credentials()
        .with_id_token(world.canary.secret())
        .with_token_type("DPoP")
        .with_header_key("flyte-authorization")
        .with_expires_at(end);
    for credentials in [full, world.credentials(), Credentials::new("\"\\\u{1F512}\n")] {
        world.store.save(&world.key, &credentials).await.unwrap();
        let loaded = world.load().await.unwrap();
        assert!(loaded.same_tokens(&credentials));
        let id_token = |of: &Credentials| of.id_token().map(|token| token.expose_secret().to_owned());
        assert_eq!(id_token(&loaded), id_token(&credentials));
        assert_eq!(loaded.token_type(), credentials.token_type());
        assert_eq!(loaded.header_key(), credentials.header_key());
        assert_eq!(loaded.expires_at(), credentials.expires_at());
        assert_eq!(loaded.endpoint(), Some(world.key.endpoint()));
    }
    world.file();
}

#[tokio::test]
async fn each_login_has_a_file_of_its_own() {
    let world = World::new();
    let keys = [
        StoreKey::new("https://flyte.example.com", "", "pkce"),
        StoreKey::new("https://flyte.example.com", "", "device-code"),
        StoreKey::new("https://flyte.example.com", "pkce", "custom"),
        StoreKey::new("http://flyte.example.com", "", "pkce"),
        StoreKey::new("https://flyte.example.com/../../x", "", "pkce"),
    ];
    let mut saved = Vec::new();
    for key in &keys {
        let credentials = world.credentials();
        world.store.save(key, &credentials).await.unwrap();
        saved.push(credentials);
    }
    for (key, credentials) in keys.iter().zip(&saved) {
        assert!(world.store.load(key).await.unwrap().unwrap().same_tokens(credentials), "{key:?}");
    }
    assert_eq!(files(&world.directory.path().join("credentials")).len(), keys.len());
}

#[tokio::test]
async fn only_the_rejected_credentials_are_deleted() {
    let world = World::new();
    let old = world.saved().await;
    let new = world.saved().await;
    world.store.delete(&world.key, &old).await.unwrap();
    assert!(world.load().await.unwrap().same_tokens(&new));
    world.store.delete(&world.key, &new).await.unwrap();
    assert!(world.load().await.is_none());
    world.store.delete(&world.key, &new).await.unwrap();
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn only_this_user_may_read_what_is_saved() {
        let world = World::new();
        world.saved().await;
        assert_eq!(mode(&world.file()), 0o600);
        assert_eq!(mode(&world.directory.path().join("credentials")), 0o700);
        let _lock = world.store.lock(&world.key).await.unwrap();
        for entry in fs::read_dir(world.directory.path().join("credentials")).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }

    #[tokio::test]
    async fn a_file_that_others_may_read_is_repaired() {
        let world = World::new();
        let saved = world.saved().await;
        for open in [0o644, 0o640, 0o666, 0o604] {
            let told = Phrase::listen_for(&format!("{} had mode {open:04o} and has 0600 now", world.file().display()));
            fs::set_permissions(world.file(), fs::Permissions::from_mode(open)).unwrap();
            assert!(world.load().await.unwrap().same_tokens(&saved));
            assert_eq!(mode(&world.file()), 0o600, "{open:o}");
            assert!(told.was_said(), "{open:o}");
        }
        let told = Phrase::listen_for(&format!("{} had mode", world.file().display()));
        world.load().await.unwrap();
        assert!(!told.was_said(), "there is nothing more to repair");
        fs::set_permissions(world.file(), fs::Permissions::from_mode(0o644)).unwrap();
        world.saved().await;
        assert_eq!(mode(&world.file()), 0o600);
    }

    #[tokio::test]
    async fn a_symbolic_link_is_refused_and_left_alone() {
        let world = World::new();
        let saved = world.saved().await;
        let elsewhere = world.directory.path().join("elsewhere");
        fs::rename(world.file(), &elsewhere).unwrap();
        let link = world.directory.path().join("credentials").join(only_name(&world).await);
        symlink(&elsewhere, &link).unwrap();
        let before = fs::read(&elsewhere).unwrap();

        let errors = [
            world.store.load(&world.key).await.unwrap_err(),
            world.store.save(&world.key, &world.credentials()).await.unwrap_err(),
            world.store.delete(&world.key, &saved).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains("is a symbolic link; remove it"), "{error}");
        }
        assert_eq!(fs::read(&elsewhere).unwrap(), before);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    /// The name that the store gives its file.
    async fn only_name(world: &World) -> std::ffi::OsString {
        world.saved().await;
        let file = world.file();
        fs::remove_file(&file).unwrap();
        file.file_name().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_login_goes_on_although_its_file_is_a_symbolic_link() {
        let (login, directory) = (Login::new(), tempfile::tempdir().unwrap());
        let store = FileStore::new(directory.path());
        logged_in_before(&login, store.clone()).await;
        let file = only_file(directory.path());
        fs::remove_file(&file).unwrap();
        symlink("/dev/null", &file).unwrap();
        let authenticator = login.builder(login.pkce()).store(store).build().unwrap();
        let waiting = spawn(&login.client(&authenticator), Kind::Unary);
        login.log_in(1).await;
        assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    }
}

/// A program that is to save in the store, within limits that the shell sets.
#[cfg(unix)]
fn saving(world: &World, limits: &str) -> tests::process::Process {
    let program = env!("CARGO_BIN_EXE_store_process");
    let directory = world.directory.path().join("credentials");
    let mut command = tokio::process::Command::new("sh");
    let script = format!("{limits}; exec \"$0\" \"$@\"");
    command.args(["-c", &script, program, world.key.endpoint(), "http://127.0.0.1:1/token"]).arg(directory);
    tests::process::Process::start_as(&mut command)
}

#[cfg(unix)]
async fn with_entry_of_the_program() -> (World, Credentials) {
    let mut world = World::new();
    world.key = StoreKey::new(world.key.endpoint(), tests::identity_provider::CLIENT_ID, "person")
        .with_scopes(["all", "offline"])
        .with_token_endpoint("http://127.0.0.1:1/token");
    let saved = world.saved().await;
    (world, saved)
}

#[cfg(unix)]
#[tokio::test]
async fn a_crash_in_the_middle_of_a_write_leaves_the_old_content() {
    let (world, saved) = with_entry_of_the_program().await;
    // At the limit of a file's size the system kills the program, with a part of the file written.
    let mut process = saving(&world, "ulimit -c 0; ulimit -f 2");
    process.tell("save").await;
    assert_eq!(process.answer().await, None, "it died");
    assert!(world.load().await.unwrap().same_tokens(&saved));
    let all = files(&world.directory.path().join("credentials"));
    assert_eq!(all.len(), 2, "it died in the middle of a write: {all:?}");
    // What it left behind goes when nobody can be writing it any more.
    for path in all.iter().filter(|path| path.extension().unwrap() == "tmp") {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(2 * 60 * 60)).unwrap();
    }

    assert_eq!(saving(&world, "true").ask("save").await, "ok");
    world.file();
    assert_eq!(world.load().await.unwrap().access_token().expose_secret().len(), 30_000);
}

#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_is_full_leaves_the_old_content_and_no_litter() {
    let (world, saved) = with_entry_of_the_program().await;
    // The same limit, with the signal ignored: writing fails, as on a disk that is full.
    let answer = saving(&world, "trap '' XFSZ; ulimit -f 2").ask("save").await;
    assert!(answer.contains("cannot be replaced; is its directory writable and its disk full?"), "{answer}");
    assert!(world.load().await.unwrap().same_tokens(&saved));
    world.file();
}

#[tokio::test]
async fn readers_see_the_old_or_the_new_content_and_never_a_part() {
    let world = World::new();
    world.saved().await;
    let writer = {
        let (store, key) = (world.store.clone(), world.key.clone());
        tokio::spawn(async move {
            for length in 0..200 {
                let token = "x".repeat(1 + length * 100);
                store.save(&key, &Credentials::new(token.clone()).with_refresh_token(token)).await.unwrap();
            }
        })
    };
    while !writer.is_finished() {
        let seen = world.load().await.expect("the entry is always there");
        let refresh_token = seen.refresh_token().unwrap().expose_secret().to_owned();
        if refresh_token.starts_with("xx") {
            assert_eq!(seen.access_token().expose_secret(), refresh_token);
        }
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn what_is_no_entry_counts_as_none_and_is_replaced() {
    let world = World::new();
    let saved = world.saved().await;
    let good = fs::read_to_string(world.file()).unwrap();
    let secret = saved.access_token().expose_secret();
    let foreign = [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "[1, 2]".to_owned(),
        good[..good.len() / 2].to_owned(),
        good.replace("\"version\": 1", "\"version\": 2"),
        good.replace("flyte.example.com", "other.example.com"),
        good.replace("\"pkce\"", "\"device-code\""),
        // A parser that quotes what it did not expect would give the secret away.
        format!("{{\"version\": \"{secret}\"}}"),
        "\u{0}".repeat(2 * 1024 * 1024),
    ];
    for content in foreign {
        fs::write(world.file(), &content).unwrap();
        assert!(world.load().await.is_none(), "{}", content.len());
        world.store.delete(&world.key, &saved).await.unwrap();
        assert_eq!(fs::read_to_string(world.file()).unwrap(), content, "what is not ours is not deleted");
        let saved = world.saved().await;
        assert!(world.load().await.unwrap().same_tokens(&saved));
    }
    fs::write(world.file(), [0xff, 0xfe, 0x00]).unwrap();
    assert!(world.load().await.is_none());
}

#[tokio::test]
async fn a_login_goes_on_over_a_corrupt_file() {
    let (login, directory) = (Login::new(), tempfile::tempdir().unwrap());
    let store = FileStore::new(directory.path());
    logged_in_before(&login, store.clone()).await;
    fs::write(only_file(directory.path()), "not JSON").unwrap();
    let authenticator = login.builder(login.pkce()).store(store.clone()).build().unwrap();
    let client = login.client(&authenticator);
    let waiting = spawn(&client, Kind::Unary);
    login.log_in(1).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert!(store.load(&key(&login)).await.unwrap().is_some(), "the login replaced it");
    assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_a_clear_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a file");
    fs::write(&file, "").unwrap();
    let store = FileStore::new(file.join("credentials"));
    let key = StoreKey::new("https://flyte.example.com", "", "pkce");
    let error = store.save(&key, &Credentials::new("token")).await.unwrap_err();
    assert!(error.to_string().contains("a file"), "{error}");
    let error = store.lock(&key).await.unwrap_err();
    assert!(error.to_string().contains("cannot be locked; make its directory writable"), "{error}");
}

#[tokio::test]
async fn one_at_a_time_has_the_lock_and_its_drop_gives_it_back() {
    let world = World::new();
    let held = world.store.lock(&world.key).await.unwrap();
    let (store, wanted) = (world.store.clone(), world.key.clone());
    let mut waiting = tokio::spawn(async move { store.lock(&wanted).await.unwrap() });
    let other = StoreKey::new("https://other.example.com", "", "pkce");
    drop(world.store.lock(&other).await.unwrap());
    assert!(futures_util::poll!(&mut waiting).is_pending());
    drop(held);
    drop(tests::guard::within_reason("the lock", waiting).await.unwrap());
}

#[test]
fn a_lock_that_another_has_is_not_waited_for_outside_of_a_runtime() {
    let (directory, key) = (tempfile::tempdir().unwrap(), StoreKey::new("https://flyte.example.com", "client", "flow"));
    let (one, other) = (FileStore::new(directory.path()), FileStore::new(directory.path()));
    let outside = |store: &FileStore| poll_on_this_thread(store.lock(&key));
    let held = outside(&one).unwrap();
    assert!(outside(&other).unwrap_err().to_string().contains("needs a tokio runtime"));
    drop(held);
    drop(outside(&other).unwrap());
}

/// Without a runtime.
fn poll_on_this_thread<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let (mut future, mut context) = (std::pin::pin!(future), std::task::Context::from_waker(&waker));
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

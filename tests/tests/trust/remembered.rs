//! Whom people log in with is remembered where nothing else of a login is kept: a server that was taken over since names
//! another provider to a program that has no store.

use std::path::{Path, PathBuf};

use auth_runtime::{
    AuthErrorKind, AuthenticatorBuilder, Interaction,
    flow::{ClientCredentials, DeviceCode},
    store::{FileStore, MemoryStore},
};
use futures_util::future::join_all;
use tempfile::TempDir;
use tests::{browser, identity_provider::CLIENT_ID, process::Process, token_endpoint::Answer};
use tokio::process::Command;

use crate::{
    taken_over::{assert_asked, log_in, lured, of_the_attacker, pkce, world},
    world::World,
};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A program of a person with this home, whose server names this provider.
fn program(world: &World, home: Option<&Path>, provider: &str, person: &str) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_login_process"));
    command.args([&world.proxy.url(), CLIENT_ID, provider, person]);
    for variable in ["HOME", "XDG_STATE_HOME", "LOCALAPPDATA", "AUTH_NON_INTERACTIVE"] {
        command.env_remove(variable);
    }
    if let Some(home) = home {
        command.env("HOME", home).env("LOCALAPPDATA", home);
    }
    Process::start_as(&mut command)
}

/// Logs in with it, and how that ends.
async fn log_in_with(process: &mut Process) -> String {
    let answer = process.ask("login").await;
    let Some(page) = answer.strip_prefix("open ") else { return answer };
    drop(browser::visit(page).await);
    process.answer().await.unwrap()
}

#[tokio::test]
async fn another_process_asks_about_another_provider_and_refuses_it_where_nobody_says_yes() {
    let (world, home) = (world(), tempfile::tempdir().unwrap());
    let mut first = program(&world, Some(home.path()), &world.issuer(), "is there");
    assert_eq!(log_in_with(&mut first).await, "ok");
    drop(first);
    let notes = files(home.path());
    assert_eq!(notes.len(), 1, "{notes:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&notes[0]), mode(notes[0].parent().unwrap())), (0o600, 0o700));
    }
    let note = std::fs::read_to_string(&notes[0]).unwrap();
    assert!(note.contains("idp.test") && !note.to_lowercase().contains("secret"), "{note}");

    drop(of_the_attacker(&world));
    let evil = world.attacker.url("");
    let mut lured = program(&world, Some(home.path()), &evil, "is there");
    let asked = lured.ask("login").await;
    assert!(asked.starts_with("asked provider: http://idp.test") && asked.contains("-> http://evil.test"), "{asked}");
    let refused = lured.answer().await.unwrap();
    assert!(refused.starts_with("error: ") && refused.contains("add .issuer(..)"), "{refused}");
    let mut alone = program(&world, Some(home.path()), &evil, "none");
    assert!(alone.ask("login").await.starts_with("error: "));
    world.attacker.leaves_empty_handed(&world.login.provider).await;
    assert_eq!(world.attacker.requests(), 0);

    let mut honest = program(&world, Some(home.path()), &world.issuer(), "none of the questions");
    assert_eq!(log_in_with(&mut honest).await, "ok", "what was refused is not remembered");
    let mut agreeing = program(&world, Some(home.path()), &evil, "agrees");
    assert!(agreeing.ask("login").await.starts_with("asked provider"));
    assert!(agreeing.answer().await.unwrap().starts_with("open "), "the person has said yes");
    assert_eq!(files(home.path()), notes);
}

#[tokio::test]
async fn without_a_home_a_login_succeeds_and_a_warning_says_what_is_not_remembered() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let no_directory = folder.path().join("home");
    std::fs::write(&no_directory, "no directory").unwrap();
    for (home, warning, reason) in [
        (None, "the provider is not remembered", "HOME"),
        (Some(&*no_directory), "the last login's provider is not known", "Not a directory"),
    ] {
        let mut process = program(&world, home, &world.issuer(), "is there");
        for _ in 0..2 {
            assert_eq!(log_in_with(&mut process).await, "ok");
        }
        let said = process.end().await;
        assert_eq!(said.matches(warning).count(), 1, "{said}");
        assert!(said.contains(reason), "{said}");
    }
}

/// What a program without a store is changed to remember.
type Remembers = fn(AuthenticatorBuilder, &TempDir) -> AuthenticatorBuilder;

#[tokio::test]
async fn a_store_that_does_not_outlive_the_program_does_not_make_it_forget() {
    let rows: [Remembers; 3] = [
        |builder, folder| builder.provider_notes_in(folder.path()),
        |builder, folder| builder.store(MemoryStore::new()).provider_notes_in(folder.path()),
        |builder, folder| builder.store(FileStore::new(folder.path())),
    ];
    for remembers in rows {
        let (world, folder) = (world(), tempfile::tempdir().unwrap());
        let before = remembers(world.client(pkce(), world.honest_details()), &folder).build().unwrap();
        log_in(&world, &before).await.unwrap();
        world.login.provider.revoke_refresh_tokens();
        let victim = remembers(world.client(pkce(), of_the_attacker(&world)), &folder).build().unwrap();
        let error = lured(&world, &victim).await.unwrap_err();
        world.attacker.leaves_empty_handed(&world.login.provider).await;
        assert_asked(&world, &["provider: http://idp.test", " -> http://evil.test"]);
        assert_eq!((error.kind(), error.setting()), (AuthErrorKind::Configuration, Some("issuer")), "{error}");
    }
}

#[tokio::test]
async fn nothing_is_written_where_nobody_is_asked_or_the_user_has_said_who_the_provider_is() {
    let (world, folder) = (world(), tempfile::tempdir().unwrap());
    let into = |builder: AuthenticatorBuilder| builder.provider_notes_in(folder.path()).build().unwrap();

    let set = into(world.client(pkce(), world.honest_details()).issuer(world.issuer()));
    log_in(&world, &set).await.unwrap();
    let alone = world.client(DeviceCode::new(), world.honest_details()).interaction(Interaction::Never);
    assert!(into(alone).login().await.is_err());
    world.login.provider.publish("/token", Answer::token("token", 3600));
    let program = ClientCredentials::new(CLIENT_ID, world.login.canary.secret());
    into(world.client(program, world.honest_details())).login().await.unwrap();
    assert!(files(folder.path()).is_empty(), "{:?}", files(folder.path()));
}

#[tokio::test]
async fn programs_that_log_in_at_the_same_time_leave_one_whole_note() {
    let (world, home) = (world(), tempfile::tempdir().unwrap());
    let mut programs: Vec<_> =
        (0..3).map(|_| program(&world, Some(home.path()), &world.issuer(), "is there")).collect();
    let outcomes = join_all(programs.iter_mut().map(log_in_with)).await;
    assert_eq!(outcomes, ["ok"; 3]);
    let notes = files(home.path());
    assert_eq!(notes.len(), 1, "{notes:?}");
    let note: serde_json::Value = serde_json::from_slice(&std::fs::read(&notes[0]).unwrap()).unwrap();
    assert_eq!(note["issuer"], world.issuer());
}

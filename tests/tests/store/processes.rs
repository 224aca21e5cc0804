//! Several programs that share one file store and a refresh token that rotates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{
    Credentials,
    store::{CredentialsStore as _, FileStore},
};
use futures_util::future::join_all;
use tempfile::TempDir;
use tests::{
    gate::Gate,
    login::Login,
    process::Process,
    store::{key, logged_in_before},
    token_endpoint::Answer,
};

struct World {
    login: Login,
    directory: TempDir,
}

impl World {
    /// Somebody has logged in, once.
    async fn new() -> Self {
        let world = Self { login: Login::new(), directory: tempfile::tempdir().unwrap() };
        logged_in_before(&world.login, world.store()).await;
        world
    }

    fn store(&self) -> FileStore {
        FileStore::new(self.directory.path())
    }

    fn process(&self) -> Process {
        let [endpoint, token_url] = [self.login.peer.endpoint(), self.login.provider.url("/token")];
        let directory = self.directory.path().to_str().unwrap();
        Process::start(env!("CARGO_BIN_EXE_store_process"), &[&endpoint, &token_url, directory])
    }

    fn token_requests(&self) -> usize {
        self.login.provider.requests("/token").len()
    }
}

#[tokio::test]
async fn programs_that_share_a_rotating_refresh_token_do_not_lock_each_other_out() {
    let world = World::new().await;
    let mut processes: Vec<_> = (0..4).map(|_| world.process()).collect();
    for process in &mut processes {
        assert_eq!(process.ask("call").await, "ok");
    }
    assert_eq!(world.token_requests(), 1, "all use the stored token");
    for round in 1..=5 {
        world.login.tokens.revoke_all();
        let answers = join_all(processes.iter_mut().map(|process| process.ask("call"))).await;
        assert_eq!(answers, ["ok"; 4], "round {round}");
        assert_eq!(world.token_requests(), 1 + round, "one refresh a round");
    }
    assert_eq!(world.login.prompt.shown().len(), 1, "nobody was asked again");
}

#[tokio::test]
async fn a_program_waits_for_the_one_that_refreshes_and_uses_what_it_got() {
    let world = World::new().await;
    let mut process = world.process();
    assert_eq!(process.ask("call").await, "ok");
    let requests = world.login.peer.requests().len();

    let held = world.store().lock(&key(&world.login)).await.unwrap();
    world.login.tokens.revoke_all();
    process.tell("call").await;
    // Its call has been rejected now, and it wants to refresh.
    world.login.peer.request(requests).await;
    let token = world.login.canary.secret();
    world.login.tokens.accept(&token);
    let newer = Credentials::new(token.clone()).with_refresh_token(world.login.canary.secret());
    world.store().save(&key(&world.login), &newer).await.unwrap();
    drop(held);

    assert_eq!(process.answer().await.unwrap(), "ok");
    assert_eq!(world.login.peer.requests().last().unwrap().bearer().unwrap(), token);
    assert_eq!(world.token_requests(), 1, "it did not refresh");
}

#[tokio::test]
async fn the_lock_of_a_program_that_was_killed_is_free_and_what_it_lost_is_a_clear_error() {
    let world = World::new().await;
    let (mut killed, mut other) = (world.process(), world.process());
    assert_eq!((killed.ask("call").await, other.ask("call").await), ("ok".into(), "ok".into()));
    let gate = Gate::new();
    world.login.provider.then("/token", Answer::silence().held_at(&gate));
    world.login.tokens.revoke_all();
    killed.tell("call").await;
    gate.arrived(1).await;
    // It has asked for new tokens, and dies before the answer. The provider has rotated.
    killed.kill().await;
    world.login.provider.revoke_refresh_tokens();

    let answer = other.ask("call").await;
    assert!(answer.contains("Unauthenticated"), "{answer}");
    assert!(world.store().load(&key(&world.login)).await.unwrap().is_none(), "what is worth nothing is deleted");
    // A person logs in again, in any program, and all go on.
    logged_in_before(&world.login, world.store()).await;
    assert_eq!(world.process().ask("call").await, "ok");
}

#[tokio::test]
async fn a_machine_without_a_keyring_works_and_says_so_once() {
    let (login, home) = (Login::new(), tempfile::tempdir().unwrap());
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_store_process"));
    command.args([login.peer.endpoint(), login.provider.url("/token"), "keyring".to_owned()]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").env("HOME", home.path());
    command.env_remove("XDG_RUNTIME_DIR");
    let mut process = Process::start_as(&mut command);
    for _ in 0..3 {
        // Nobody can log in there; that is the only thing that is wrong.
        let answer = process.ask("call").await;
        assert!(answer.contains("Unauthenticated"), "{answer}");
    }
    let said = process.end().await;
    assert_eq!(said.matches("there is no keyring").count(), 1, "{said}");
}

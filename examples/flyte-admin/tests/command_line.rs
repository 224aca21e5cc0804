//! The command line as people use it, against a server of this process.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod stand_in;

use std::process::{Command, Output};

use flyte_admin::server::WireShape;
use stand_in::{CLIENT_ID, CLIENT_SECRET, server, token_endpoint};

const SECRET_VARIABLE: &str = "FLYTE_ADMIN_TEST_SECRET";

async fn flyte_admin(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flyte-admin"));
    // Nothing of the configuration that this machine may have.
    command.args(arguments).env(SECRET_VARIABLE, CLIENT_SECRET).env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env_remove("FLYTECTL_CONFIG").env_remove("FLYTE_PLATFORM_URL").env_remove("FLYTE_API_KEY");
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

/// What a command that must fail says about it.
async fn complaint(arguments: &[&str]) -> String {
    let output = flyte_admin(arguments).await;
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &[][..]));
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn commands_log_in_as_the_server_says() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::HeadersThenTrailers, true).await;
    let endpoint = server.endpoint();
    let commands: [(&[&str], &str); 3] = [
        (&["version"], "build       embedded"),
        (&["projects"], ""),
        (&["logs", "--lines", "2"], "epoch 0\nepoch 1\n"),
    ];
    for (command, expected) in commands {
        let client = ["--endpoint", &endpoint, "--client-id", CLIENT_ID, "--client-secret-env", SECRET_VARIABLE];
        let output = flyte_admin(&[&client, command].concat()).await;
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
        assert!(String::from_utf8(output.stdout).unwrap().contains(expected));
    }
    assert_eq!(tokens.requests(), 3);
}

#[tokio::test]
async fn a_command_without_an_endpoint_says_how_to_give_one() {
    assert!(complaint(&["projects"]).await.contains("add --endpoint https://"));
}

#[tokio::test]
async fn an_endpoint_without_a_command_names_the_commands() {
    let said = complaint(&["--endpoint", "http://127.0.0.1:1"]).await;
    assert!(said.contains("version, projects, executions"), "{said}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_down_to_the_cause() {
    let said = complaint(&["--endpoint", "http://127.0.0.1:1", "version"]).await;
    assert!(said.starts_with("error: cannot ask for the version: Unavailable: "), "{said}");
    assert!(said.contains("refused"), "{said}");
}

#[tokio::test]
async fn a_missing_project_is_the_servers_response() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let endpoint = server.endpoint();
    let said = complaint(&[
        "--endpoint",
        &endpoint,
        "--client-id",
        CLIENT_ID,
        "--client-secret-env",
        SECRET_VARIABLE,
        "executions",
        "--project",
        "nowhere",
    ])
    .await;
    assert_eq!(said, "error: cannot list executions: NotFound: there is no project \"nowhere\"\n");
}

#[tokio::test]
async fn a_client_that_the_provider_refuses_is_told_without_its_secret() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let endpoint = server.endpoint();
    let client = ["--endpoint", &endpoint, "--client-id", "stranger", "--client-secret-env", SECRET_VARIABLE];
    let said = complaint(&[&client[..], &["version"]].concat()).await;
    assert!(said.contains("check the client id and secret"), "{said}");
    assert!(!said.contains(CLIENT_SECRET), "{said}");
}

#[tokio::test]
async fn a_secret_that_is_not_set_names_its_variable() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let endpoint = server.endpoint();
    let client = ["--endpoint", &endpoint, "--client-id", "stranger", "--client-secret-env", "FLYTE_ADMIN_TEST_UNSET"];
    let said = complaint(&[&client[..], &["version"]].concat()).await;
    assert!(said.contains("FLYTE_ADMIN_TEST_UNSET"), "{said}");
}

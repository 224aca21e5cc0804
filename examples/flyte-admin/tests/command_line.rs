//! The command line as people use it, against a server of this process.

use std::process::{Command, Output};

use flyte_admin::{
    proto::{
        admin::{ExecutionCreateRequest, ExecutionSpec, Project, ProjectRegisterRequest},
        core::Identifier,
    },
    server::WireShape,
};
use serde_json::{Value, json};

use crate::stand_in::{CLIENT_ID, CLIENT_SECRET, connection, server, token_endpoint};

const SECRET_VARIABLE: &str = "FLYTE_ADMIN_TEST_SECRET";

async fn flyte_admin(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flyte-admin"));
    // Nothing of the configuration that this machine may have.
    command.args(arguments).env(SECRET_VARIABLE, CLIENT_SECRET).env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env_remove("FLYTECTL_CONFIG").env_remove("FLYTE_PLATFORM_URL").env_remove("FLYTE_API_KEY");
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

/// What a command says that must fail with this exit code.
async fn complaint(exit_code: i32, arguments: &[&str]) -> String {
    let output = flyte_admin(arguments).await;
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(exit_code), &[][..]));
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
    assert!(complaint(1, &["projects"]).await.contains("add --endpoint https://"));
}

#[tokio::test]
async fn an_endpoint_without_a_command_names_the_commands() {
    let said = complaint(2, &["--endpoint", "http://127.0.0.1:1"]).await;
    assert!(said.contains("version, projects, executions"), "{said}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_down_to_the_cause() {
    let said = complaint(5, &["--endpoint", "http://127.0.0.1:1", "version"]).await;
    assert!(said.starts_with("error: cannot ask for the version: Unavailable: "), "{said}");
    assert!(said.contains("refused"), "{said}");
}

/// As in Flyte's configuration: without a scheme it is TLS, unless it is told to be insecure.
#[tokio::test]
async fn an_address_may_be_written_as_flytes_tools_have_it() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let address = server.endpoint().replace("http://", "");
    let client = ["--client-id", CLIENT_ID, "--client-secret-env", SECRET_VARIABLE, "version"];
    for before in ["", "dns:", "dns:///"] {
        let endpoint = format!("{before}{address}");
        let output = flyte_admin(&[&["--endpoint", &endpoint, "--insecure"], &client[..]].concat()).await;
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
        let said = complaint(5, &[&["--endpoint", &endpoint], &client[..]].concat()).await;
        assert!(said.contains("does not speak TLS"), "{endpoint}: {said}");
    }
    let said = complaint(5, &["--endpoint", &format!("https://{address}"), "--insecure", "version"]).await;
    assert!(said.contains("does not speak TLS"), "a scheme is left alone: {said}");
}

#[tokio::test]
async fn a_missing_project_is_the_servers_response() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let endpoint = server.endpoint();
    let said = complaint(
        1,
        &[
            "--endpoint",
            &endpoint,
            "--client-id",
            CLIENT_ID,
            "--client-secret-env",
            SECRET_VARIABLE,
            "executions",
            "--project",
            "nowhere",
        ],
    )
    .await;
    assert_eq!(said, "error: cannot list executions: NotFound: there is no project \"nowhere\"\n");
}

#[tokio::test]
async fn a_client_that_the_provider_refuses_is_told_without_its_secret() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let endpoint = server.endpoint();
    let client = ["--endpoint", &endpoint, "--client-id", "stranger", "--client-secret-env", SECRET_VARIABLE];
    let said = complaint(4, &[&client[..], &["version"]].concat()).await;
    assert!(said.contains("check the client id and secret"), "{said}");
    assert!(!said.contains(CLIENT_SECRET), "{said}");
}

#[tokio::test]
async fn a_secret_that_is_not_set_names_its_variable() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let endpoint = server.endpoint();
    let client = ["--endpoint", &endpoint, "--client-id", "stranger", "--client-secret-env", "FLYTE_ADMIN_TEST_UNSET"];
    let said = complaint(1, &[&client[..], &["version"]].concat()).await;
    assert!(said.contains("FLYTE_ADMIN_TEST_UNSET"), "{said}");
}

#[tokio::test]
async fn a_server_that_wants_a_login_where_there_is_none_has_its_own_exit_code() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    complaint(3, &["--endpoint", &server.endpoint(), "version"]).await;
}

#[tokio::test]
async fn a_token_that_may_not_do_it_is_refused() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let endpoint = server.endpoint();
    let client = ["--endpoint", &endpoint, "--client-id", CLIENT_ID, "--client-secret-env", SECRET_VARIABLE];
    let said = complaint(4, &[&client[..], &["--scope", "offline", "version"]].concat()).await;
    assert!(said.contains("doesn't have required scope"), "{said}");
}

#[tokio::test]
async fn help_documents_each_exit_code_and_a_mistake_is_told_before_anybody_is_asked() {
    let help = String::from_utf8(flyte_admin(&["--help"]).await.stdout).unwrap();
    for code in ["0  done", "1  another", "2  the command", "3  not logged in", "4  refused", "5  unreachable"] {
        assert!(help.contains(code), "{help}");
    }
    for mistake in [
        &["--no-such-thing"][..],
        &["--endpoint", "http://127.0.0.1:1", "--client-id", "a", "version"],
        &["--endpoint", "http://127.0.0.1:1", "--client-secret-env", "A", "version"],
        &["--output", "json", "login"],
        &["--output", "json"],
    ] {
        complaint(2, mistake).await;
    }
}

/// A project with one execution.
async fn register(endpoint: &str) {
    let connection = connection(endpoint);
    let (flyte, _) = connection.open().unwrap();
    let project = Project { id: "genomes".into(), ..Project::default() };
    flyte.admin.register_project(ProjectRegisterRequest { project: Some(project) }).await.unwrap();
    let launch_plan = Some(Identifier { name: "train".into(), ..Identifier::default() });
    let request = ExecutionCreateRequest {
        project: "genomes".into(),
        domain: "development".into(),
        name: "first".into(),
        spec: Some(ExecutionSpec { launch_plan, ..ExecutionSpec::default() }),
        ..ExecutionCreateRequest::default()
    };
    flyte.admin.create_execution(request).await.unwrap();
}

#[tokio::test]
async fn results_are_one_json_document_for_those_who_ask_for_it() {
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::HeadersThenTrailers, true).await;
    let endpoint = server.endpoint();
    register(&endpoint).await;
    let client = ["--endpoint", &endpoint, "--client-id", CLIENT_ID, "--client-secret-env", SECRET_VARIABLE];
    let mut documents = vec![];
    for command in [&["version"][..], &["projects"], &["executions", "--project", "genomes"], &["whoami"], &["status"]]
    {
        let output = flyte_admin(&[&client[..], command, &["--output", "json"]].concat()).await;
        assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
        documents.push(serde_json::from_slice::<Value>(&output.stdout).unwrap());
    }
    let [version, projects, executions, whoami, status] = documents.try_into().unwrap();
    assert_eq!(version["build"], "embedded");
    assert_eq!(projects[0]["id"], "genomes");
    assert_eq!(projects[0]["domains"], json!(["development", "staging", "production"]));
    let execution = json!({ "name": "first", "phase": "RUNNING", "launch_plan": "train", "principal": CLIENT_ID });
    assert_eq!(executions, json!([execution]));
    assert_eq!((&whoami["person"], &whoami["claims"]["client_id"]), (&json!(false), &json!(CLIENT_ID)));
    assert_eq!(status, json!({ "endpoint": endpoint, "logins": null, "login": null }));
}

/// Each row of the page for Flyte's people that shows what a failure looks like; `…` stands for more words.
#[tokio::test]
async fn the_page_for_flytes_people_shows_what_is_said_and_the_exit_codes() {
    let page = include_str!("../../../docs/flyte.md");
    let tokens = token_endpoint().await;
    let server = server(&tokens, WireShape::TrailersOnly, true).await;
    let (endpoint, nobody) = (server.endpoint(), "http://127.0.0.1:9".to_owned());
    let tls = endpoint.replace("http:", "https:");
    let known = ["--client-id", CLIENT_ID, "--client-secret-env", SECRET_VARIABLE];
    let stranger = ["--client-id", "stranger", "--client-secret-env", SECRET_VARIABLE];
    let rows: [(&str, &str, Vec<&str>); 6] = [
        ("| `--endpoint` without a client", &endpoint, vec![]),
        ("| wrong secret", &endpoint, stranger.to_vec()),
        ("| a scope that the client may not have", &endpoint, [&known[..], &["--scope", "nothing"]].concat()),
        ("| a fresh token without the scope", &endpoint, [&known[..], &["--scope", "offline"]].concat()),
        ("| nobody listens there", &nobody, vec![]),
        ("| `https://` to a port without TLS", &tls, vec![]),
    ];
    for (begins, endpoint, arguments) in rows {
        let row = page.lines().find(|line| line.starts_with(begins)).unwrap();
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(|cell| cell.trim_matches([' ', '|', '`'])).collect();
        let shown = cells[1].replace("localhost:18089", endpoint.split_once("://").unwrap().1);
        let shown = shown.replace("localhost:9", "127.0.0.1:9");
        let code = cells[2].parse().unwrap();
        let said = complaint(code, &[&["--endpoint", endpoint, "version"], &arguments[..]].concat()).await;
        for words in shown.split('…') {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}

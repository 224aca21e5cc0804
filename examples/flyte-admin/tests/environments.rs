//! All commands about logins, in each kind of place where they are run.

use flyte_admin::{
    proto::admin::{Project, ProjectRegisterRequest},
    server::{FlyteServer, WireShape},
    token_endpoint::TokenEndpoint,
};
use serde_json::Value;
use tests::reserved_address::ReservedAddress;

use crate::{
    home::{Home, text},
    person::log_in_at_a_terminal,
    stand_in::{CLIENT_ID, connection, server, token_endpoint_of_people},
};

/// What is called, without `login` and `logout`.
const COMMANDS: [&[&str]; 4] = [&["status"], &["whoami"], &["projects"], &["executions", "--project", "genomes"]];

struct Installation {
    server: FlyteServer,
    _tokens: TokenEndpoint,
    _callback: ReservedAddress,
}

impl Installation {
    /// With a project.
    async fn new() -> Self {
        let (tokens, callback) = token_endpoint_of_people().await;
        let server = server(&tokens, WireShape::TrailersOnly, true).await;
        let connection = connection(server.endpoint());
        let project = Some(Project { id: "genomes".into(), ..Project::default() });
        connection.open().unwrap().0.admin.register_project(ProjectRegisterRequest { project }).await.unwrap();
        Self { server, _tokens: tokens, _callback: callback }
    }

    fn home_of_a_person(&self) -> Home {
        // A login to which nobody comes ends, and the test with it.
        let timeout = "  pkceConfig:\n    timeout: 20s\n";
        Home::with_config(&format!("  endpoint: {}\n  authType: Pkce\n{timeout}", self.server.endpoint()))
    }
}

/// Exit code, output, error output.
async fn run(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let output = home.run(arguments, variables).await;
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Each command says something, and the same as one JSON document, and nothing beside it.
async fn all_succeed(home: &Home, variables: &[(&str, &str)]) -> [Value; 4] {
    let mut documents = [const { Value::Null }; 4];
    for (command, document) in COMMANDS.into_iter().zip(&mut documents) {
        let (code, said, beside) = run(home, command, variables).await;
        assert_eq!((code, beside.as_str()), (0, ""), "{command:?}: {said}");
        assert!(command[0] == "executions" || !said.is_empty(), "{command:?}");
        let (code, said, beside) = run(home, &[command, &["--output", "json"]].concat(), variables).await;
        assert_eq!((code, beside.as_str()), (0, ""), "{command:?}: {said}");
        *document = serde_json::from_str(&said).unwrap();
    }
    assert_eq!(documents[2][0]["id"], "genomes");
    assert_eq!(documents[3], Value::Array(vec![]));
    documents
}

/// A person logs in once, uses all commands, logs out, and is nobody again.
async fn a_persons_day(variables: &[(&str, &str)], place: &str, words: &str) {
    let flyte = Installation::new().await;
    let home = flyte.home_of_a_person();
    let mut login = home.command(&["login"], variables);
    // The browser is on another machine.
    login.env("PATH", home.path()).env_remove("BROWSER").env_remove("FLYTE_NON_INTERACTIVE");
    let shown = log_in_at_a_terminal(login).await;
    assert!(shown.contains("logged in to ") && shown.contains(words), "{shown}");

    let [status, whoami, ..] = all_succeed(&home, variables).await;
    assert_eq!((&status["logins"]["kept"], &status["login"]["can_be_refreshed"]), (&place.into(), &true.into()));
    assert_eq!((&whoami["person"], &whoami["subject"]), (&true.into(), &"ada".into()));

    let (code, said, _) = run(&home, &["logout"], variables).await;
    assert!(code == 0 && said.starts_with("logged out from "), "{said}");
    nobody_is_logged_in(&home, variables).await;
}

/// All that needs a login says how to get one, with the exit code for it.
async fn nobody_is_logged_in(home: &Home, variables: &[(&str, &str)]) {
    let login: [&[&str]; 1] = [&["login"]];
    for command in COMMANDS[1..].iter().chain(&login) {
        for format in ["text", "json"].iter().filter(|format| command[0] != "login" || **format == "text") {
            let (code, said, complaint) = run(home, &[command, &["--output", format][..]].concat(), variables).await;
            assert_eq!((code, said.as_str()), (3, ""), "{command:?}: {complaint}");
            assert!(
                complaint.starts_with("error: ") && complaint.contains("on a terminal"),
                "{command:?}: {complaint}"
            );
        }
    }
    let (code, said, complaint) = run(home, &["status"], variables).await;
    assert_eq!((code, complaint.as_str()), (0, ""));
    assert!(said.ends_with("login       none\n"), "{said}");
    let (code, said, _) = run(home, &["logout"], variables).await;
    assert!(code == 0 && said.starts_with("no login to "), "{said}");
}

#[tokio::test]
async fn on_a_server_over_ssh_the_login_is_kept_in_a_file_and_that_is_said() {
    a_persons_day(&[], "file", "are not encrypted").await;
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// `tests/keyring/run` has one.
#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn on_a_laptop_the_login_is_kept_in_the_keyring() {
    let bus = std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap();
    a_persons_day(&[("DBUS_SESSION_BUS_ADDRESS", &bus)], "keyring", "is kept in the keyring").await;
}

#[tokio::test]
async fn in_a_container_without_a_terminal_each_command_says_that_a_person_has_to_log_in() {
    let flyte = Installation::new().await;
    nobody_is_logged_in(&flyte.home_of_a_person(), &[]).await;
}

#[tokio::test]
async fn in_ci_a_client_needs_no_login_and_keeps_none() {
    let flyte = Installation::new().await;
    let home = Home::for_endpoint(&flyte.server.endpoint());
    let (code, said, beside) = run(&home, &["login"], &[]).await;
    assert!(code == 0 && said.starts_with("logged in to ") && beside.is_empty(), "{said}{beside}");
    let [status, whoami, ..] = all_succeed(&home, &[]).await;
    assert_eq!((&status["logins"], &status["login"]), (&Value::Null, &Value::Null));
    assert_eq!((&whoami["person"], &whoami["claims"]["client_id"]), (&false.into(), &CLIENT_ID.into()));
    let (code, said, _) = run(&home, &["logout"], &[]).await;
    assert!(code == 0 && said.starts_with("no login to "), "{said}");
    // That somebody has logged out is noted, and nothing else.
    let kept = files(&home.path().join(".local"));
    assert!(kept.iter().all(|file| file.extension().is_some_and(|extension| extension == "note")), "{kept:?}");
}

#[tokio::test]
async fn where_nobody_answers_each_command_says_so_with_another_exit_code() {
    let nobody = ReservedAddress::new();
    let home = Home::for_endpoint(&format!("http://{nobody}"));
    for command in COMMANDS[1..].iter().chain(&[&["login"][..]]) {
        let (code, said, complaint) = run(&home, command, &[]).await;
        assert_eq!((code, said.as_str()), (5, ""), "{command:?}: {complaint}");
        assert!(complaint.contains("Connection refused"), "{command:?}: {complaint}");
    }
}

//! Tokens from an external program.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_runtime::{AuthError, Authenticator, flow::Command, limits::Limits};
use secrecy::ExposeSecret as _;
use tests::{
    call::{Kind, call, spawn},
    canary,
    guard::within_reason,
    harness::Harness,
    peer::Answer,
    process::write_script,
    told::told,
};
use tonic::Code;

/// A program in a folder of its own. Its output comes from files, so that no secret stands in an argument.
struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_script(&folder.path().join("print-token"), &format!("cd \"$(dirname \"$0\")\"\n{script}"));
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.file(name), content).unwrap();
    }

    fn flow(&self) -> Command {
        let flow = Command::new(self.file("print-token"));
        canary::observe(&flow);
        flow
    }
}

async fn failure(flow: Command) -> AuthError {
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    let error = authenticator.login().await.unwrap_err();
    canary::observe_error(&error);
    canary::observe(&authenticator);
    error
}

async fn written(path: &Path) -> String {
    loop {
        if let Ok(content) = std::fs::read_to_string(path)
            && content.ends_with('\n')
        {
            return content.trim().to_owned();
        }
        tokio::task::yield_now().await;
    }
}

async fn gone(process: &str) {
    let status = PathBuf::from(format!("/proc/{process}/stat"));
    // A process that was killed may still have to be collected by its parent.
    while std::fs::read_to_string(&status).is_ok_and(|stat| !stat.contains(") Z")) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_call_that_needs_a_token_gets_it_from_the_program_and_runs_it_again_for_the_next() {
    let harness = Harness::checking(Answer::rejected(), Answer::message(&tests::call::numbered(1)));
    let program = Program::new("cat token; echo run >> runs");
    program.put("token", format!("  {}\r\n", harness.valid_token()));
    harness.authenticate_with(|builder| builder.flow(program.flow()));
    let client = harness.client();
    let waiting: Vec<_> = (0..50).map(|number| spawn(&client, Kind::ALL[number % 4])).collect();
    for call in waiting {
        assert_eq!(call.await.unwrap().numbers(), [1]);
    }
    assert_eq!(std::fs::read_to_string(program.file("runs")).unwrap().lines().count(), 1, "one run for 50 calls");

    harness.tokens().revoke_all();
    program.put("token", harness.valid_token());
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [1]);
    assert_eq!(std::fs::read_to_string(program.file("runs")).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn a_program_that_fails_again_and_again_leaves_the_call_unavailable() {
    let harness = Harness::checking(Answer::rejected(), Answer::message(&tests::call::numbered(1)));
    let program = Program::new("exit 3");
    harness.authenticate_with(|builder| builder.flow(program.flow()));
    let outcome = call(&harness.client(), Kind::Unary).await;
    // Nobody said that the caller may not.
    assert_eq!(outcome.code(), Code::Unavailable);
    assert!(outcome.status().message().contains("exit"), "{:?}", outcome.status);
}

#[tokio::test]
async fn arguments_reach_the_program_as_they_are_and_no_shell_sees_them() {
    let program = Program::new("printf '%s\\n' \"$@\" > arguments; echo token");
    let arguments = ["a b", "$(touch hacked)", "; touch hacked", "`touch hacked`", "*", ""];
    let flow = program.flow().args(arguments);
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    authenticator.login().await.unwrap();
    let seen = std::fs::read_to_string(program.file("arguments")).unwrap();
    assert_eq!(seen.split('\n').collect::<Vec<_>>()[..6], arguments);
    assert!(!program.file("hacked").exists());
}

#[tokio::test]
async fn a_program_that_is_missing_is_named() {
    let error = failure(Command::new("/nowhere/print-token")).await;
    assert!(told(&error).contains("the command `/nowhere/print-token`"), "{error}");
    assert!(told(&error).contains("is it installed"), "{error}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn what_a_program_leaves_running_is_left_alone_once_it_has_ended() {
    let program =
        Program::new("mkfifo questions; (read question < questions; echo here > answer) > /dev/null 2>&1 & cat token");
    program.put("token", "a-token\n");
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(program.flow()).build().unwrap();
    authenticator.login().await.unwrap();
    drop(authenticator);
    // Open for both: to open it for writing alone would wait for the reader.
    let mut questions = std::fs::File::options().read(true).write(true).open(program.file("questions")).unwrap();
    std::io::Write::write_all(&mut questions, b"anybody there?\n").unwrap();
    assert_eq!(within_reason("an answer", written(&program.file("answer"))).await, "here");
}

#[tokio::test]
async fn output_that_a_daemon_holds_open_is_read_when_the_program_has_ended() {
    // Both outputs, the first alone, the second alone.
    for redirected in ["", "2>/dev/null", ">/dev/null"] {
        let program = Program::new(&format!("cat token\nsleep 1000 {redirected} &\necho $! > daemon"));
        program.put("token", "a-token\n");
        let authenticator = Authenticator::builder("https://flyte.example.com").flow(program.flow()).build().unwrap();
        let credentials = within_reason("a token", authenticator.login()).await.unwrap();
        assert_eq!(credentials.access_token().expose_secret(), "a-token");
        let daemon = written(&program.file("daemon")).await;
        assert!(std::fs::read_to_string(format!("/proc/{daemon}/stat")).is_ok(), "what it left running goes on");
        let _ = std::process::Command::new("kill").arg(&daemon).status();
    }
}

#[tokio::test]
async fn what_a_failed_program_said_is_told_although_its_daemon_holds_the_output() {
    let program = Program::new("echo 'the agent did not start' >&2; sleep 1000 & echo $! > daemon; exit 4");
    let error = within_reason("an error", failure(program.flow())).await;
    assert!(told(&error).contains("the agent did not start"), "{error}");
    let _ = std::process::Command::new("kill").arg(written(&program.file("daemon")).await).status();
}

#[tokio::test]
async fn a_credential_plugin_of_kubernetes_is_understood_and_run_again_when_its_token_has_ended() {
    let harness = Harness::checking(Answer::rejected(), Answer::message(&tests::call::numbered(1)));
    let program = Program::new("cat credential; echo run >> runs");
    let put = |end: &str| {
        let status = format!(r#"{{"token": "{}", "expirationTimestamp": "{end}"}}"#, harness.valid_token());
        let api = "client.authentication.k8s.io/v1beta1";
        let text = format!(r#"{{"apiVersion": "{api}", "kind": "ExecCredential", "spec": {{}}, "status": {status}}}"#);
        program.put("credential", text);
    };
    let noon = std::time::UNIX_EPOCH + Duration::from_secs(1_893_499_200); // 2030-01-01T12:00:00Z
    let now = Arc::new(Mutex::new(noon));
    let wall = Arc::clone(&now);
    harness.authenticate_with(|builder| builder.flow(program.flow()).wall_clock(move || *wall.lock().unwrap()));
    let client = harness.client();
    put("2030-01-01T13:00:00Z");
    for _ in 0..2 {
        assert_eq!(call(&client, Kind::Unary).await.numbers(), [1]);
    }
    assert_eq!(std::fs::read_to_string(program.file("runs")).unwrap().lines().count(), 1);
    *now.lock().unwrap() = noon + Duration::from_secs(3600);
    put("2030-01-01T14:00:00Z");
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [1]);
    assert_eq!(std::fs::read_to_string(program.file("runs")).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn other_json_is_refused_and_its_content_is_not_told() {
    let canary = canary::Canary::new();
    for (output, expected) in [
        (r#"{ "accessToken": "SECRET", "tokenType": "Bearer" }"#, "a token in `accessToken`"),
        (r#"{ "kind": "Config", "users": ["SECRET"] }"#, "JSON of the kind `Config`"),
        (r#"["SECRET"]"#, "a list in JSON"),
        (r#""SECRET""#, "between JSON's quotes"),
        ("{SECRET", "begins like JSON"),
        ("null", "`null`"),
    ] {
        let program = Program::new("cat token");
        program.put("token", output.replace("SECRET", &canary.secret()));
        let error = failure(program.flow()).await;
        assert!(told(&error).contains(expected), "{error}");
        assert!(!error.is_transient(), "{expected}");
    }
}

#[tokio::test]
async fn a_token_may_have_as_many_bytes_as_are_allowed_and_a_line_end() {
    for (output, enough) in [(&b"12345678"[..], true), (b"12345678\n", true), (b"123456789\n", false)] {
        let program = Program::new("cat token");
        program.put("token", output);
        let limits = Limits::new().with_max_token_bytes(8);
        let builder = Authenticator::builder("https://flyte.example.com").flow(program.flow()).limits(limits);
        assert_eq!(builder.build().unwrap().login().await.is_ok(), enough, "{output:?}");
    }
}

#[tokio::test]
async fn output_that_is_no_token_is_told_from_one_that_is() {
    for (output, expected) in [
        (&b""[..], "it printed nothing"),
        (b"\n \n", "it printed nothing"),
        (b"one\ntwo\n", "it printed 2 lines"),
        (b"one\n\ntwo\n", "it printed 3 lines"),
        (b"one\0\n", "NUL"),
        (b"\xff\xfe\n", "not text"),
        (&[b'x'; 70_000], "more than 65536 bytes"),
    ] {
        let program = Program::new("cat token");
        program.put("token", output);
        let error = failure(program.flow()).await;
        assert!(told(&error).contains(expected), "{expected}: {error}");
        assert!(!error.is_transient(), "{expected}");
    }
}

#[tokio::test]
async fn what_a_failed_program_says_is_in_the_error_without_secrets() {
    let canary = canary::Canary::new();
    let program = Program::new("cat token; cat said >&2; exit 1");
    let (token, password) = (canary.secret(), canary.secret());
    program.put("token", format!("{token}\n"));
    program.put("said", format!("tried {token}\npassword: {password}\ncredentials expired, run gcloud auth login\n"));
    let error = failure(program.flow()).await;
    assert!(told(&error).contains("exit status: 1"), "{error}");
    assert!(told(&error).contains("credentials expired, run gcloud auth login"), "{error}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn secrets_in_arguments_and_output_are_nowhere_to_be_seen() {
    let canary = canary::Canary::new();
    let secret = canary.secret();
    let flow = Command::new("/bin/echo").args([secret.clone()]);
    canary::observe(&flow);
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    canary::observe(&authenticator.login().await.unwrap());
    canary::observe(&authenticator);
}

#[tokio::test]
async fn a_program_that_says_much_is_not_held_up() {
    let program = Program::new("head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; echo token");
    let flow = program.flow();
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    authenticator.login().await.unwrap();
}

#[tokio::test]
async fn a_program_that_hangs_is_killed_with_all_that_it_started() {
    let program = Program::new("sleep 1000 & echo $! > child; echo $$ > parent; wait");
    let login = tokio::spawn({
        // Long enough for the program to have started its child on a busy machine, or the test could see nothing.
        let flow = program.flow().timeout(Duration::from_secs(5));
        async move { failure(flow).await }
    });
    let (parent, child) = (written(&program.file("parent")).await, written(&program.file("child")).await);
    let error = login.await.unwrap();
    assert!(told(&error).contains("did not end within 5s and was killed"), "{error}");
    assert!(error.is_transient());
    gone(&parent).await;
    gone(&child).await;
}

#[tokio::test]
async fn dropping_the_authenticator_kills_the_program() {
    let program = Program::new("sleep 1000 & echo $! > child; echo $$ > parent; wait");
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(program.flow()).build().unwrap();
    let login = tokio::spawn({
        let authenticator = authenticator.clone();
        async move { authenticator.login().await.map(drop) }
    });
    let (parent, child) = (written(&program.file("parent")).await, written(&program.file("child")).await);
    login.abort();
    let _ = login.await;
    drop(authenticator);
    gone(&parent).await;
    gone(&child).await;
}

#[tokio::test]
async fn a_program_gets_no_input() {
    let program = Program::new("if read -r line; then echo unexpected; else echo token; fi");
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(program.flow()).build().unwrap();
    authenticator.login().await.unwrap();
}

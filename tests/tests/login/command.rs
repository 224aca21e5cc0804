//! Tokens from an external program.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use auth_runtime::{AuthError, Authenticator, flow::Command, limits::Limits};
use tests::{
    call::{Kind, call, spawn},
    canary,
    guard::within_reason,
    harness::Harness,
    peer::Answer,
    process::write_script,
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
    assert!(error.to_string().contains("the command `/nowhere/print-token`"), "{error}");
    assert!(error.to_string().contains("is it installed"), "{error}");
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
        assert!(error.to_string().contains(expected), "{expected}: {error}");
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
    assert!(error.to_string().contains("exit status: 1"), "{error}");
    assert!(error.to_string().contains("credentials expired, run gcloud auth login"), "{error}");
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
    assert!(error.to_string().contains("did not end within 5s and was killed"), "{error}");
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

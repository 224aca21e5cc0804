//! Machines whose keyring cannot be used: the login goes into a file, and that is told.

use std::{env, fs, path::Path, process::Command};

use auth_runtime::flyte::{LoginPlace, LoginStore};
use tempfile::TempDir;
use tests::{
    call::{Kind, call},
    login::Login,
    process::alone,
    store::logged_in_before,
};
use tonic::Code;

use super::entry::{lock_keyring, python};

/// What the notice is to say. Without it the test that reads it has not been asked to run.
const REASON: &str = "EXPECTED_REASON";

/// A bus on which nobody offers anything.
const EMPTY_BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"#;

const UNLOCKED: &str = "printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null";

/// Runs in one of the sessions below.
#[tokio::test]
#[ignore = "needs a session of its own"]
async fn a_login_is_kept_in_a_file_and_that_is_told() {
    let Ok(reason) = env::var(REASON) else { return };
    let prompter = env::var_os("LOCKED").map(|how| {
        lock_keyring();
        (how == "silent").then(Prompter::start)
    });
    let login = Login::new();
    let logins = LoginStore::new();
    logged_in_before(&login, logins.clone()).await;
    let LoginPlace::Files(directory) = logins.place().await else { panic!("{:?}", logins.place().await) };
    let notice = logins.take_notice().unwrap();
    assert!(notice.contains(&reason) && notice.contains(&*directory.to_string_lossy()), "{notice}");

    // The next run asks nobody.
    let authenticator = login.builder(login.pkce()).store(LoginStore::new()).build().unwrap();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(login.prompt.shown().len(), 1);
    drop(prompter);
    println!("kept in {}", directory.display());
}

/// Somebody who is asked for the keyring's password and says nothing.
struct Prompter(std::process::Child);

impl Prompter {
    fn start() -> Self {
        use std::io::BufRead as _;
        let mut child = python("silent_prompter.py").stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "waiting\n");
        Self(child)
    }
}

impl Drop for Prompter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A session with a home of its own, in which a script has run.
fn session(script: &str, bus: Option<&str>) -> (Command, TempDir) {
    let home = tempfile::tempdir().unwrap();
    let inner = alone(module_path!(), "a_login_is_kept_in_a_file_and_that_is_told");
    let mut command = Command::new("dbus-run-session");
    if let Some(bus) = bus {
        fs::write(home.path().join("bus.conf"), bus).unwrap();
        command.arg("--config-file").arg(home.path().join("bus.conf"));
    }
    command.args(["--", "bash", "-euo", "pipefail", "-c", &format!("{script}\nexec \"$0\" \"$@\"")]);
    let inner = inner.as_std();
    command.arg(inner.get_program()).args(inner.get_args()).arg("--ignored");
    at_home(&mut command, home.path());
    (command, home)
}

fn at_home(command: &mut Command, home: &Path) {
    fs::create_dir(home.join("runtime")).unwrap();
    command.env("HOME", home).env_remove("XDG_STATE_HOME");
    for (variable, directory) in [("RUNTIME_DIR", "runtime"), ("DATA_HOME", "data"), ("CACHE_HOME", "cache")] {
        command.env(format!("XDG_{variable}"), home.join(directory));
    }
}

/// Runs it, and where the login was kept: in this home.
fn keeps_the_login_in_a_file(mut command: Command, home: &TempDir, reason: &str) {
    let output = command.env(REASON, reason).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains(&format!("kept in {}", home.path().display())), "{said}\n{errors}");
}

#[test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
fn without_a_bus() {
    let home = tempfile::tempdir().unwrap();
    let inner = alone(module_path!(), "a_login_is_kept_in_a_file_and_that_is_told");
    let mut command = Command::new(inner.as_std().get_program());
    command.args(inner.as_std().get_args()).arg("--ignored");
    at_home(&mut command, home.path());
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/none", home.path().display()));
    keeps_the_login_in_a_file(command, &home, "there is no keyring that can be used");
}

#[test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
fn without_a_keyring_on_the_bus() {
    let (command, home) = session("", Some(EMPTY_BUS));
    keeps_the_login_in_a_file(command, &home, "there is no keyring that can be used");
}

#[test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
fn without_a_collection() {
    let (command, home) = session("", None);
    keeps_the_login_in_a_file(command, &home, "the keyring has no collection to keep anything in");
}

#[test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
fn with_a_keyring_that_is_locked_and_can_ask_nobody() {
    let (mut command, home) = session(UNLOCKED, None);
    command.env("LOCKED", "no prompter");
    keeps_the_login_in_a_file(command, &home, "the keyring is locked");
}

#[test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
fn with_a_keyring_that_is_locked_and_whose_question_nobody_answers() {
    let (mut command, home) = session(UNLOCKED, None);
    command.env("LOCKED", "silent");
    keeps_the_login_in_a_file(command, &home, "the keyring did not answer within 30s");
}

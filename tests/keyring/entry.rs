//! The keyring as Python's `keyring`, the Secret Service itself and flytectl's library see it.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{LazyLock, Mutex},
};

use serde_json::{Value, json};

/// One item of the Secret Service.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) attributes: Value,
    pub(super) secret: String,
}

/// The secret, if there is one.
pub(super) fn get(service: &str, user: &str) -> Option<String> {
    ask(&json!({ "action": "get", "service": service, "user": user })).as_str().map(str::to_owned)
}

/// Creates or replaces a secret.
pub(super) fn set(service: &str, user: &str, secret: &str) {
    ask(&json!({ "action": "set", "service": service, "user": user, "secret": secret }));
}

/// Deletes a secret.
pub(super) fn delete(service: &str, user: &str) {
    ask(&json!({ "action": "delete", "service": service, "user": user }));
}

/// All items of this service and user name, whatever else is written beside those.
pub(super) fn items(service: &str, user: &str) -> Vec<Item> {
    let found = ask(&json!({ "action": "items", "service": service, "user": user }));
    let item = |item: &Value| Item {
        attributes: item["attributes"].clone(),
        secret: item["secret"].as_str().unwrap().to_owned(),
    };
    found.as_array().unwrap().iter().map(item).collect()
}

/// Creates one more item of this service and user name, with further attributes.
pub(super) fn create_item(service: &str, user: &str, further: &Value, secret: &str) {
    ask(&json!({ "action": "create", "service": service, "user": user, "attributes": further, "secret": secret }));
}

/// Locks the keyring for everybody.
pub(super) fn lock_keyring() {
    ask(&json!({ "action": "lock" }));
}

/// Does something with flytectl's entry, by the library that flytectl uses. The token goes in and out as JSON.
pub(super) fn flytectl(action: &str, endpoint: &str, token: &str) -> Option<String> {
    let program = env::var_os("FLYTECTL_ENTRY").expect("tests/keyring/run sets FLYTECTL_ENTRY");
    let mut command = Command::new(program);
    command.args([action, endpoint]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// The interpreter that has Python's `keyring`, with a script beside this file.
pub(super) fn python(script: &str) -> Command {
    let interpreter = env::var_os("KEYRING_PYTHON").expect("tests/keyring/run sets KEYRING_PYTHON");
    let mut command = Command::new(interpreter);
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("keyring").join(script));
    command
}

struct Peer {
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    _process: Child,
}

/// One process for all: starting Python takes longer than all that it is asked.
static PEER: LazyLock<Mutex<Peer>> = LazyLock::new(|| {
    let mut command = python("keyring_peer.py");
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (requests, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
    Mutex::new(Peer { requests, answers: BufReader::new(answers), _process: process })
});

fn ask(request: &Value) -> Value {
    let mut peer = PEER.lock().unwrap();
    writeln!(peer.requests, "{request}").unwrap();
    let mut answer = String::new();
    peer.answers.read_line(&mut answer).unwrap();
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{request}: {error}"))
}

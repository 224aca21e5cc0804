//! The keyring as Python's `keyring` sees it.

use std::{
    env,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

/// The secret, if there is one.
pub(super) fn get(service: &str, user: &str) -> Option<String> {
    python("entry.py", &["get", service, user], "").as_str().map(str::to_owned)
}

/// Creates or replaces a secret.
pub(super) fn set(service: &str, user: &str, secret: &str) {
    python("entry.py", &["set", service, user], &Value::from(secret).to_string());
}

/// Deletes a secret.
pub(super) fn delete(service: &str, user: &str) {
    python("entry.py", &["delete", service, user], "");
}

/// Locks the keyring for everybody.
pub(super) fn lock_keyring() {
    python("lock.py", &[], "");
}

fn python(script: &str, arguments: &[&str], input: &str) -> Value {
    let interpreter = env::var_os("KEYRING_PYTHON").expect("tests/keyring/run sets KEYRING_PYTHON");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("keyring").join(script);
    let mut command = Command::new(interpreter);
    command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    if output.stdout.is_empty() { Value::Null } else { serde_json::from_slice(&output.stdout).unwrap() }
}

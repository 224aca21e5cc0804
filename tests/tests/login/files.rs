//! Files that settings name and that are none: nobody waits for them, and the error says what they are.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![cfg(unix)]

use std::path::{Path, PathBuf};

use auth_runtime::{AuthErrorKind, Authenticator, Verify, flow::ClientCredentials};
use tests::{canary, guard::within_reason};

/// A pipe that nobody writes to, a device without an end, a directory.
fn no_files(folder: &Path) -> [PathBuf; 3] {
    let pipe = folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    [pipe, "/dev/zero".into(), folder.to_owned()]
}

async fn refused(authenticator: &Authenticator, path: &Path) {
    let error = within_reason("a login", authenticator.login()).await.unwrap_err();
    canary::observe_error(&error);
    assert_eq!(error.kind(), AuthErrorKind::Configuration, "{error:?}");
    let (shown, told) = (path.display().to_string(), error.to_string());
    assert!(told.contains(&shown) && told.contains("it is a "), "{told}");
}

#[tokio::test]
async fn a_secret_or_certificates_in_no_regular_file_are_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for path in no_files(folder.path()) {
        let flow = ClientCredentials::secret_from_file("client", &path).token_url("https://127.0.0.1:1/token");
        let authenticator = Authenticator::builder("https://127.0.0.1:1").flow(flow).build().unwrap();
        refused(&authenticator, &path).await;

        let flow = ClientCredentials::new("client", "no secret").token_url("https://127.0.0.1:1/token");
        let verify = Verify::CaFile(path.clone());
        let authenticator = Authenticator::builder("https://127.0.0.1:1").flow(flow).verify(verify).build().unwrap();
        refused(&authenticator, &path).await;
    }
    // The end of the runtime waits for every thread that still blocks.
}

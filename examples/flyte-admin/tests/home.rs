//! The command line in a home directory of its own.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::stand_in::{CLIENT_ID, CLIENT_SECRET};

/// A home directory with a configuration, and nothing of the real one.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn with_config(admin: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join(".flyte")).unwrap();
        fs::write(folder.path().join("secret"), CLIENT_SECRET).unwrap();
        fs::write(folder.path().join(".flyte/config.yaml"), format!("admin:\n{admin}")).unwrap();
        Self { folder }
    }

    pub(crate) fn for_endpoint(endpoint: &str) -> Self {
        let home = Self::with_config("");
        let secret = home.folder.path().join("secret");
        let secret = secret.display();
        let admin = format!("  endpoint: {endpoint}\n  clientId: \"{CLIENT_ID}\"\n  clientSecretLocation: {secret}\n");
        fs::write(home.folder.path().join(".flyte/config.yaml"), format!("admin:\n{admin}")).unwrap();
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The command, to be run as it is or changed first.
    pub(crate) fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flyte-admin"));
        for (name, _) in std::env::vars() {
            if name.to_uppercase().contains("FLYTE") || name.contains("EAGER_API_KEY") {
                command.env_remove(name);
            }
        }
        command.args(arguments).env("HOME", self.folder.path()).current_dir(self.folder.path());
        // Nobody's keyring, and no directory but those of this home.
        let nowhere = format!("unix:path={}/none", self.folder.path().display());
        command.env("DBUS_SESSION_BUS_ADDRESS", nowhere).env_remove("XDG_STATE_HOME").env_remove("XDG_RUNTIME_DIR");
        command.envs(variables.iter().copied());
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.command(arguments, variables);
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    }

    pub(crate) async fn output(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, &[]).await;
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
        text(&output.stdout)
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(!text.contains(CLIENT_SECRET), "{text}");
    text
}

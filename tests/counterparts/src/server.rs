//! Servers that are told on their standard input which tokens count.

use std::path::{Path, PathBuf};

use tests::certificates::Certificates;
use tokio::process::Command;

use crate::{Counterpart, Process};

/// Where `./run` has put a program.
pub fn tool(name: &str) -> PathBuf {
    let tools =
        std::env::var_os("COUNTERPARTS_TOOLS").expect("COUNTERPARTS_TOOLS is not set; run tests/counterparts/run");
    PathBuf::from(tools).join(name)
}

/// The descriptors of the test service.
pub fn descriptors() -> &'static str {
    env!("COUNTERPARTS_DESCRIPTORS")
}

/// The folder of this package.
pub fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A server that serves the test service.
#[derive(Debug)]
pub struct Server {
    /// How clients reach it.
    pub counterpart: Counterpart,
    /// The program.
    pub process: Process,
    _certificates: Option<Certificates>,
}

impl Server {
    /// Starts a server that says `ready <port>`, in plaintext.
    pub async fn start(command: &mut Command) -> Self {
        Self::start_with(command, None).await
    }

    /// The same over TLS.
    pub async fn start_over_tls(command: &mut Command) -> Self {
        Self::start_with(command, Some(Certificates::naming(&["localhost", "127.0.0.1"]))).await
    }

    async fn start_with(command: &mut Command, certificates: Option<Certificates>) -> Self {
        if let Some(certificates) = &certificates {
            let [certificate, key] = certificates.identity_files();
            command.arg("-certificate").arg(certificate).arg("-key").arg(key);
        }
        let process = Process::start(command);
        let port = process.says("ready ").await;
        let (scheme, authority) = match &certificates {
            Some(certificates) => ("https", Some(certificates.authority_file())),
            None => ("http", None),
        };
        let counterpart = Counterpart { endpoint: format!("{scheme}://localhost:{port}"), authority, http_proxy: None };
        Self { counterpart, process, _certificates: certificates }
    }

    /// Ends all tokens before this number.
    pub async fn revoke(&self, number: u64) {
        self.process.tell(&format!("revoke {number}")).await;
        self.process.says("revoked").await;
    }
}

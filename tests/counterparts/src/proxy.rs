//! Proxies: programs with a configuration file.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tests::certificates::Certificates;
use tokio::{
    net::{TcpListener, TcpStream},
    process::Command,
    time::{Duration, sleep, timeout},
};

use crate::{Process, here};

/// A folder with a server's certificate and key in it, for a proxy.
#[derive(Debug)]
pub struct Place {
    directory: TempDir,
    certificates: Certificates,
}

impl Place {
    /// A new one.
    ///
    /// # Panics
    ///
    /// If there is no place for it.
    #[allow(clippy::new_without_default, reason = "it makes files")]
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a folder");
        Self { directory, certificates: Certificates::naming(&["localhost", "127.0.0.1"]) }
    }

    /// Its path.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The certificate and its key.
    pub fn identity_files(&self) -> [PathBuf; 2] {
        self.certificates.identity_files()
    }

    /// Certificate and key in one file, as haproxy wants them.
    pub fn identity_in_one_file(&self) -> PathBuf {
        let (certificate, key) = self.certificates.identity();
        self.write("identity.pem", &format!("{certificate}{key}"))
    }

    /// Whoever signed the certificate.
    pub fn authority(&self) -> PathBuf {
        self.certificates.authority_file()
    }

    /// Writes a file.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Starts a program with this folder as its own, and waits until it listens.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub async fn start(&self, command: &mut Command, listens: SocketAddr) -> Process {
        let process = Process::start(command.current_dir(self.directory.path()));
        let connected = timeout(Duration::from_secs(60), async {
            while TcpStream::connect(listens).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        connected.await.unwrap_or_else(|_| panic!("{command:?} does not listen at {listens}"));
        process
    }
}

/// Addresses that nobody listens at: for programs that cannot be told to take any port and say which.
///
/// # Panics
///
/// If there are none.
pub async fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let mut listeners = Vec::new();
    for _ in 0..N {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.expect("a port"));
    }
    std::array::from_fn(|index| listeners[index].local_addr().expect("an address"))
}

/// A configuration of `proxies`, filled in.
///
/// # Panics
///
/// If there is none of this name.
pub fn configured(file: &str, values: &[(&str, String)]) -> String {
    let mut text = std::fs::read_to_string(here().join("proxies").join(file)).expect("a file of this package");
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

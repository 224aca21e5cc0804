//! What programs say to which the system gives too little: each in a process of its own.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    net::TcpListener,
    os::unix::{ffi::OsStringExt as _, fs::MetadataExt as _, fs::PermissionsExt as _},
};

use auth_runtime::{
    Authenticator, Credentials, Flow as _, Interaction, Verify,
    flow::{ClientCredentials, Pkce},
    store::{CredentialsStore as _, FileStore},
};
use tests::{guard::within_reason, process::alone, told::told};
use tokio::process::Command;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

const LACK: &str = "TEST_LACK";
const SECRET: &str = "TEST_SECRET";

/// What stands before each message that such a program prints.
const SAID: &str = "said: ";

/// Nobody answers there, though the connection is accepted.
const SERVER: &str = "https://127.0.0.1:";

// === In the other process ===

#[tokio::test]
async fn without_something() {
    let Ok(lack) = std::env::var(LACK) else { return };
    let messages = match lack.as_str() {
        "threads" => without_threads().await,
        "files" => without_files().await,
        "rights" => without_rights().await,
        "certificates" => vec![connecting(Verify::System).await],
        "ciphers" => {
            let none = CryptoProvider { cipher_suites: Vec::new(), ..ring::default_provider() };
            assert!(none.install_default().is_ok());
            vec![connecting(Verify::InsecureSkip).await]
        }
        "text" => vec![login(ClientCredentials::secret_from_env("me", SECRET)).await],
        other => panic!("{other}?"),
    };
    for message in messages {
        println!("\n{SAID}{message}");
    }
}

async fn connecting(verify: Verify) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("{SERVER}{}", listener.local_addr().unwrap().port());
    let authenticator = Authenticator::builder(endpoint).verify(verify).build().unwrap();
    told(&within_reason("a connection", authenticator.connect()).await.unwrap_err())
}

async fn login(flow: ClientCredentials) -> String {
    // Nobody listens there.
    let flow = flow.token_url("http://127.0.0.1:1/token");
    let authenticator = Authenticator::builder("https://flyte.example.test").flow(flow).build().unwrap();
    told(&within_reason("a login", authenticator.login()).await.unwrap_err())
}

async fn without_threads() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "hunter2").unwrap();
    vec![
        connecting(Verify::InsecureSkip).await,
        login(ClientCredentials::secret_from_file("me", secret)).await,
        told(&auth_runtime::flyte::connect().await.unwrap_err()),
        told(&FileStore::new(folder.path()).load(&key()).await.unwrap_err()),
    ]
}

/// A file that holds a login, and the store that it is in.
async fn stored(folder: &tempfile::TempDir) -> FileStore {
    let store = FileStore::new(folder.path());
    store.save(&key(), &Credentials::new("token")).await.unwrap();
    store
}

fn key() -> auth_runtime::store::StoreKey {
    Pkce::new().client_id("me").store_key("https://flyte.example.test")
}

async fn without_files() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(&folder).await;
    let flow = Pkce::new()
        .client_id("me")
        .authorization_url("https://idp.example.test/authorize")
        .token_url("http://127.0.0.1:1/token")
        .redirect_uri("http://127.0.0.1:53593/callback");
    let builder = Authenticator::builder("https://flyte.example.test").flow(flow).interaction(Interaction::Always);
    let authenticator = builder.build().unwrap();
    let mut held = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        held.push(file);
    }
    let messages =
        [told(&authenticator.login().await.unwrap_err()), told(&store.load(&key()).await.unwrap_err())].to_vec();
    // A folder is deleted by reading it.
    drop(held);
    messages
}

async fn without_rights() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(&folder).await;
    for entry in fs::read_dir(&folder).unwrap() {
        fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o000)).unwrap();
    }
    vec![told(&store.load(&key()).await.unwrap_err())]
}

// === In this one ===

fn lacking(lack: &str) -> Command {
    let mut command = alone(module_path!(), "without_something");
    command.env(LACK, lack);
    command
}

/// The same program, begun by another.
fn begun_by(command: Command, program: &str, arguments: &[&str]) -> Command {
    let command = command.as_std();
    let mut by = Command::new(program);
    by.args(arguments).arg(command.get_program()).args(command.get_args());
    by.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    by
}

fn all() -> Vec<Command> {
    let [mut threads, mut certificates, mut text] = ["threads", "certificates", "text"].map(lacking);
    // No address space is as large as the stack of such a thread.
    threads.env("RUST_MIN_STACK", (1_u64 << 62).to_string());
    certificates.env("SSL_CERT_FILE", "/not/there").env("SSL_CERT_DIR", "/not/there");
    text.env(SECRET, OsString::from_vec(vec![0xff]));
    let files = begun_by(lacking("files"), "sh", &["-c", "ulimit -n 64; exec \"$0\" \"$@\""]);
    // Root reads everything, unless it is taken that right.
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let rights = lacking("rights");
    let rights = match is_root {
        true => begun_by(rights, "setpriv", &["--bounding-set", WITHOUT, "--inh-caps", WITHOUT, "--"]),
        false => rights,
    };
    vec![threads, certificates, text, files, rights, lacking("ciphers")]
}

const WITHOUT: &str = "-dac_override,-dac_read_search";

/// What each of them says.
pub(crate) async fn messages() -> Vec<String> {
    let mut messages = Vec::new();
    for mut command in all() {
        let output = within_reason("another process", command.output()).await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let lack = command.as_std().get_envs().find(|(name, _)| *name == OsStr::new(LACK));
        assert!(output.status.success(), "{lack:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        let before = messages.len();
        messages.extend(said.lines().filter_map(|line| line.strip_prefix(SAID)).map(str::to_owned));
        assert!(messages.len() > before, "{lack:?}: {said}");
    }
    messages
}

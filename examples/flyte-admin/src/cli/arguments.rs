//! What may be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::Format;

/// Flyte Admin from the command line: every call authenticated.
///
/// Without arguments it shows what the authenticated clients do, against a Flyte-like server and a token endpoint of
/// its own. Its commands run against a real Flyte, which says itself how to authenticate: the one at --endpoint, or the
/// one in ~/.flyte/config.yaml and the FLYTE_* environment variables.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// How to reach Flyte, and as whom.
    #[command(flatten)]
    pub connection: ConnectionArguments,
    /// For whom results are written: version, projects, executions, whoami, status and doctor know both
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Format,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  another failure
  2  the command line does not go together
  3  not logged in, and a login is needed
  4  refused: no permission, or the provider turned the login down
  5  unreachable: the server or the provider does not answer, or its certificate is not trusted";

/// How to reach Flyte, and as whom.
#[derive(Debug, Args)]
#[allow(rustdoc::bare_urls, reason = "these are the texts of --help, which knows no markup")]
pub struct ConnectionArguments {
    /// Flyte's address, instead of the configured one, such as https://flyte.example.com, http://127.0.0.1:8089 or dns:///flyte.example.com
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint: Option<String>,
    /// The client to log in as; without one only a Flyte without authentication answers
    #[arg(long, global = true, value_name = "ID")]
    pub client_id: Option<String>,
    /// The environment variable that holds the client's secret
    #[arg(long, global = true, value_name = "NAME")]
    pub client_secret_env: Option<String>,
    /// Scopes to ask for instead of those that the server publishes; may be repeated
    #[arg(long = "scope", global = true, value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// Speak plaintext, even beyond this machine, to an address that does not begin with https://
    #[arg(long, global = true)]
    pub insecure: bool,
    /// Trust the certificate authorities in this PEM file instead of the system's
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Take PERMISSION_DENIED as it is, also for a call without credentials, for which it otherwise leads to a login (Istio)
    #[arg(long, global = true)]
    pub no_login_on_permission_denied: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show which version answers
    Version,
    /// List the projects
    Projects,
    /// List a project's executions
    Executions(ExecutionsArguments),
    /// Show the log of a task that an agent runs
    Logs(LogsArguments),
    /// Log in now, as configured
    Login,
    /// Forget the login that is kept on this machine
    Logout,
    /// Show where logins are kept on this machine, and whether one is
    Status,
    /// Show whom the login stands for
    Whoami,
    /// Examine configuration, server, provider and login, and say what is wrong; asks nobody, sends no secret
    Doctor,
    /// Show the settings that hold, and where each was set; secrets are hidden
    Config,
    /// Run the Flyte-like server and its token endpoint until Ctrl-C
    Serve(ServeArguments),
}

/// Which executions to list.
#[derive(Debug, Args)]
pub struct ExecutionsArguments {
    /// The project
    #[arg(long)]
    pub project: String,
    /// The domain
    #[arg(long, default_value = "development")]
    pub domain: String,
}

/// Which log to show.
#[derive(Debug, Args)]
pub struct LogsArguments {
    /// The kind of task, which decides on the agent
    #[arg(long, value_name = "NAME", default_value = "")]
    pub task_type: String,
    /// What the agent calls the task: the resource metadata that it returned when the task was created
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub resource: String,
    /// How many lines
    #[arg(long, default_value_t = 20)]
    pub lines: u64,
}

/// What the server is to be like.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The server's port; 0 lets the operating system choose
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// The token endpoint's port; 0 lets the operating system choose
    #[arg(long, default_value_t = 0)]
    pub token_port: u16,
    /// How many seconds access tokens live
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    pub token_lifetime: u64,
    /// Reject calls as a flyteadmin with TLS does: headers first, the status in trailers
    #[arg(long)]
    pub late_rejections: bool,
    /// Let streaming calls through without a token, as a real flyteadmin does
    #[arg(long)]
    pub open_streams: bool,
    /// Leave logins to a provider of its own issuer, as a Flyte in front of Keycloak or Okta does
    #[arg(long)]
    pub external_provider: bool,
    /// Read commands from the standard input: each line `expire` lets all access tokens expire that were issued so far
    #[arg(long)]
    pub commands: bool,
    /// Ask for no authentication at all
    #[arg(long)]
    pub without_authentication: bool,
}

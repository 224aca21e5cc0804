//! Tokens from an external program.

mod json;
mod output;
mod redaction;
mod run;

use std::{ffi::OsString, fmt, time::Duration};

use crate::{AuthError, Credentials, Flow, FlowContext, limits};

/// Runs a program that prints a token, such as `gcloud auth print-access-token`.
///
/// It is run again on each refresh, without a shell: its arguments are what they are. It must exit with 0 and print
/// one line to its output; what it prints to its error output is in the error if it fails. It gets no input.
///
/// Credential plugins of Kubernetes will do as well: an `ExecCredential` is understood, with the time at which its token
/// ends. Any other JSON is refused.
///
/// What it leaves running when it has ended may go on, also with the program's output open: nobody waits for that.
///
/// On Unix it runs in a process group of its own, all of which is killed when the time is over or the authenticator is
/// dropped.
///
/// ```
/// use auth_runtime::{Authenticator, flow::Command};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let flow = Command::new("gcloud").args(["auth", "print-identity-token"]);
/// let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[doc(alias = "ExternalCommand")]
pub struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    timeout: Duration,
}

impl Command {
    /// A program, looked for as the system does it: in `PATH` unless it is a path.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), arguments: Vec::new(), timeout: limits::COMMAND_TIMEOUT }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// How long it may take, 50 seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl Flow for Command {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        let max_token_bytes = context.limits().max_token_bytes;
        let run = run::run(&self.program, &self.arguments, max_token_bytes);
        let output = match tokio::time::timeout(self.timeout, run).await {
            Ok(output) => output,
            Err(_) => Err(output::CommandError::TimedOut { after: self.timeout }),
        };
        let credentials = output.and_then(|output| output.credentials(max_token_bytes));
        credentials.map_err(|error| error.into_auth_error(&self.program.to_string_lossy()))
    }

    /// Longer than its own time-out, whose error says more.
    fn timeout(&self) -> Duration {
        self.timeout.saturating_add(limits::COMMAND_TIMEOUT_MARGIN)
    }
}

/// Without the arguments: some programs are given secrets there.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("program", &self.program)
            .field("arguments", &self.arguments.len())
            .field("timeout", &self.timeout)
            .finish()
    }
}

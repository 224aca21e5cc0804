//! Running the program, and ending it with all that it started.

use std::{
    ffi::OsString,
    io,
    pin::pin,
    process::{ExitStatus, Stdio},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    time::timeout,
};

use super::output::{CommandError, Output};
use crate::limits;

/// Runs the program to its end. Dropping the future kills it.
pub(super) async fn run(
    program: &OsString,
    arguments: &[OsString],
    max_token_bytes: usize,
) -> Result<Output, CommandError> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let child = command.spawn().map_err(CommandError::NotStarted)?;
    let mut running = Running::new(child);
    let (stdout, stderr) = (running.child.stdout.take(), running.child.stderr.take());
    let mut printed = First::new(max_token_bytes.saturating_add(limits::MAX_COMMAND_JSON));
    let mut said = Last::new(limits::MAX_COMMAND_ERROR_OUTPUT);
    let status = {
        let mut reading = pin!(async {
            tokio::join!(read(stdout, |bytes| printed.keep(bytes)), read(stderr, |bytes| said.keep(bytes)));
        });
        tokio::select! {
            status = running.wait() => {
                // What it left running may hold its output open for as long as it likes.
                let _ = timeout(limits::COMMAND_OUTPUT_PAUSE, reading).await;
                status
            }
            () = &mut reading => running.wait().await,
        }
    };
    let status = status.map_err(CommandError::NotStarted)?;
    Ok(Output { status, stdout: printed.kept, stderr: said.kept })
}

/// A process, and on Unix the group of all that it started.
struct Running {
    child: Child,
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl Running {
    #[cfg(unix)]
    fn new(child: Child) -> Self {
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        Self { child, group }
    }

    #[cfg(not(unix))]
    fn new(child: Child) -> Self {
        Self { child }
    }

    async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        // From now on its number may be another's.
        #[cfg(unix)]
        {
            self.group = None;
        }
        status
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It fails where nothing is left of the group.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// The first bytes of a stream. The rest is read, so that the program can go on, and forgotten.
struct First {
    kept: Vec<u8>,
    most: usize,
}

impl First {
    fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.kept.extend(bytes.iter().take(self.most.saturating_sub(self.kept.len())));
    }
}

/// The last bytes of a stream.
struct Last {
    kept: Vec<u8>,
    most: usize,
}

impl Last {
    fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.kept.extend(bytes);
        self.kept.drain(..self.kept.len().saturating_sub(self.most));
    }
}

/// Reads to the end.
async fn read(stream: Option<impl AsyncRead + Unpin>, mut keep: impl FnMut(&[u8])) {
    let Some(mut stream) = stream else { return };
    let mut buffer = vec![0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        keep(&buffer[..count]);
    }
}

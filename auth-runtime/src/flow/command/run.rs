//! Running the program, and ending it with all that it started.

use std::{ffi::OsString, process::Stdio};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
};

use super::output::{self, CommandError, Output};
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
    let (stdout, stderr, status) = tokio::join!(
        read_start(stdout, max_token_bytes.saturating_add(output::LINE_END_BYTES + 1)),
        read_end(stderr, limits::MAX_COMMAND_ERROR_OUTPUT),
        running.child.wait(),
    );
    running.ended();
    let status = status.map_err(CommandError::NotStarted)?;
    Ok(Output { status, stdout, stderr })
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

    /// The process has been waited for: its number may be another's now.
    fn ended(&mut self) {
        #[cfg(unix)]
        {
            self.group = None;
        }
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

/// The first bytes of a stream; the rest is read, so that the program can go on, and forgotten.
async fn read_start(stream: Option<impl AsyncRead + Unpin>, most: usize) -> Vec<u8> {
    read(stream, |kept, bytes| kept.extend(bytes.iter().take(most.saturating_sub(kept.len())))).await
}

/// The last bytes of a stream.
async fn read_end(stream: Option<impl AsyncRead + Unpin>, most: usize) -> Vec<u8> {
    read(stream, |kept, bytes| {
        kept.extend(bytes);
        kept.drain(..kept.len().saturating_sub(most));
    })
    .await
}

async fn read(stream: Option<impl AsyncRead + Unpin>, mut keep: impl FnMut(&mut Vec<u8>, &[u8])) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return kept };
    let mut buffer = vec![0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        keep(&mut kept, &buffer[..count]);
    }
    kept
}

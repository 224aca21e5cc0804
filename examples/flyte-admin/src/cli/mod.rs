//! The command line.

mod arguments;
mod secret;
mod serve;

use std::{io::Write, process::ExitCode};

pub use arguments::Arguments;
use arguments::Command;

/// Does what the arguments say.
///
/// # Errors
///
/// With a text for people, and without secrets.
pub async fn run(arguments: Arguments, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Some(Command::Serve(settings)) => serve::serve(&arguments.connection, &settings, output).await?,
        _ => anyhow::bail!("not yet"),
    }
    Ok(ExitCode::SUCCESS)
}

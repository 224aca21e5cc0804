//! Flyte Admin from the command line. See `--help`.
#![forbid(unsafe_code)]

use std::{
    io::{self, ErrorKind},
    process::ExitCode,
};

use clap::Parser as _;
use flyte_admin::cli::{self, Arguments};

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Arguments::parse(), &mut io::stdout()).await {
        Ok(exit_code) => exit_code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whoever read the output has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

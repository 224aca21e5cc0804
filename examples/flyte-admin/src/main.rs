//! Flyte Admin from the command line. See `--help`.
#![forbid(unsafe_code)]

use std::{io, process::ExitCode};

use clap::Parser as _;
use flyte_admin::cli::{self, Arguments};

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Arguments::parse(), &mut io::stdout()).await
}

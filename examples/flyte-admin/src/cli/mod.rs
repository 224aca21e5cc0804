//! The command line.

mod arguments;
mod config;
mod connect;
mod executions;
mod login;
mod logout;
mod logs;
mod projects;
mod secret;
mod serve;
mod status;
mod version;
mod whoami;

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

pub use arguments::Arguments;
use arguments::Command;
use connect::Session;

use crate::{
    Format, demo, doctor,
    error_chain::error_chain,
    exit::{Failure, UsageError},
};

/// Does what the arguments say. What goes wrong is told on standard error, for people and without secrets.
pub async fn run(arguments: Arguments, output: &mut impl Write) -> ExitCode {
    match try_to_run(arguments, output).await {
        Ok(exit_code) => exit_code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error_chain(&error));
            Failure::of(&error).into()
        }
    }
}

/// Whoever read the output has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

async fn try_to_run(arguments: Arguments, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let connection = &arguments.connection;
    if arguments.output == Format::Json && !arguments.command.as_ref().is_some_and(knows_json) {
        return Err(
            UsageError("only version, projects, executions, whoami, status and doctor know --output json").into()
        );
    }
    match &arguments.command {
        None if connection.endpoint.is_some() => {
            let question = "what should be done at the endpoint? Add one of: version, projects, executions --project .., logs, doctor";
            return Err(UsageError(question).into());
        }
        None => {
            let as_it_should = demo::run(demo::Pace::default(), output).await?;
            return Ok(if as_it_should { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Some(Command::Serve(settings)) => serve::serve(connection, settings, output).await?,
        Some(Command::Config) => config::show(&connect::configuration(connection)?, output)?,
        Some(Command::Doctor) => {
            let exit_code = doctor::examine(connect::settings(connection)?, arguments.output, output).await?;
            output.flush()?;
            return Ok(exit_code);
        }
        Some(command) => {
            let session = connect::connect(connection)?;
            let outcome = with_session(&session, command, arguments.output, output).await;
            session.tell();
            outcome?;
        }
    }
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn knows_json(command: &Command) -> bool {
    matches!(
        command,
        Command::Version
            | Command::Projects
            | Command::Executions(_)
            | Command::Whoami
            | Command::Status
            | Command::Doctor
    )
}

async fn with_session(
    session: &Session,
    command: &Command,
    format: Format,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let flyte = &session.flyte;
    match command {
        Command::Version => version::show(flyte, format, output).await,
        Command::Projects => projects::list(flyte, format, output).await,
        Command::Executions(which) => executions::list(flyte, which, format, output).await,
        Command::Logs(which) => logs::show(flyte, which, output).await,
        Command::Login => login::log_in(session, output).await,
        Command::Logout => logout::log_out(session, output).await,
        Command::Status => status::show(session, format, output).await,
        Command::Whoami => whoami::show(flyte, format, output).await,
        Command::Config | Command::Doctor | Command::Serve(_) => anyhow::bail!("this command needs no connection"),
    }
}

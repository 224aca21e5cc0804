//! What `flyte-admin` shows without arguments: authenticated clients at work, on a server that makes it hard for them.
//!
//! The steps call; nothing in them says a word about credentials, but where a step takes the tokens away on purpose.

mod agents;
mod burst;
mod control_plane;
mod dead_ends;
mod log_stream;
mod rejections;
mod report;
mod stage;

use std::{io::Write, time::Duration};

use report::Report;
use stage::Stage;

/// How long the demonstration takes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long an access token lives. The token endpoint tells whole seconds.
    pub token_lifetime: Duration,
    /// For how many tokens a log is followed: each ends before the next begins.
    pub tokens: u64,
    /// How many calls are made at once.
    pub burst: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { token_lifetime: Duration::from_secs(2), tokens: 4, burst: 500 }
    }
}

/// Runs all steps and reports them; true if everything came as it should.
///
/// # Errors
///
/// When the servers cannot be started or the output cannot be written.
pub async fn run(pace: Pace, output: &mut impl Write) -> anyhow::Result<bool> {
    let mut stage = Stage::set(pace.token_lifetime).await?;
    writeln!(output, "Flyte-like server  {}", stage.server.endpoint())?;
    let lifetime = pace.token_lifetime.as_secs();
    writeln!(output, "token endpoint     {}, access tokens live {lifetime} s\n", stage.token_endpoint.url())?;

    let mut report = Report::begin(output)?;
    report.row("how to authenticate", control_plane::how_to_authenticate(&stage).await)?;
    report.row("version", control_plane::version(&stage).await)?;
    report.row("projects", control_plane::projects(&stage).await)?;
    report.row("tasks, workflows, launch plans", control_plane::registered(&stage).await)?;
    report.row("executions", control_plane::executions(&stage).await)?;
    report.row("identity, upload location", control_plane::identity_and_upload(&stage).await)?;
    report.row("log stream, opened again and again", log_stream::follow(&stage, pace).await)?;
    report.row("task run over a bidi stream", agents::run_task(&stage).await)?;
    report.row("revoked: rejected at once", rejections::at_once(&mut stage).await)?;
    report.row("revoked: rejected in trailers", rejections::in_trailers(&mut stage).await)?;
    report.row("revoked: a burst of calls", burst::after_revocation(&mut stage, pace.burst).await)?;
    report.row("a token without the scope", dead_ends::missing_scope(&mut stage).await)?;
    report.row("a wrong secret", dead_ends::wrong_secret(&mut stage).await)?;
    report.row("a server without authentication", dead_ends::no_authentication(&mut stage).await)?;
    Ok(report.totals(stage.totals())?)
}

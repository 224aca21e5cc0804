//! Tokens that are revoked before their time, and both ways in which a server says so.

use anyhow::ensure;

use super::{agents, report::Outcome, stage::Stage};
use crate::{
    CallError,
    proto::admin::{GetTaskLogsRequest, ProjectListRequest},
    server::WireShape,
};

/// The status is in the first and only headers, as from a flyteadmin without TLS.
pub(super) async fn at_once(stage: &mut Stage) -> anyhow::Result<Outcome> {
    reject(stage, WireShape::TrailersOnly).await
}

/// The headers promise success, the status is in trailers behind them, as from a flyteadmin with TLS.
pub(super) async fn in_trailers(stage: &mut Stage) -> anyhow::Result<Outcome> {
    reject(stage, WireShape::HeadersThenTrailers).await
}

async fn reject(stage: &mut Stage, shape: WireShape) -> anyhow::Result<Outcome> {
    stage.let_tokens_last().await?;
    stage.server.set_rejections(shape);
    let before = stage.statistics();

    stage.revoke_tokens();
    let request = ProjectListRequest::default();
    stage.flyte.admin.list_projects(request).await.map_err(CallError::of("list projects"))?;
    stage.revoke_tokens();
    read_log(stage).await?;
    stage.revoke_tokens();
    agents::exchange(&stage.flyte).await?;

    let after = stage.statistics();
    let (refreshes, replays) = (after.refreshes() - before.refreshes(), after.replays() - before.replays());
    ensure!((refreshes, replays) == (3, 3), "{refreshes} refreshes and {replays} replays for three rejected calls");
    Ok(Outcome { calls: 3, text: "unary, server streaming, bidi: each refreshed and replayed once".into() })
}

async fn read_log(stage: &Stage) -> anyhow::Result<()> {
    let request = GetTaskLogsRequest { lines: 3, ..GetTaskLogsRequest::default() };
    let answer = stage.flyte.async_agent.get_task_logs(request).await.map_err(CallError::of("open the log"))?;
    let mut messages = answer.into_inner();
    let mut count = 0;
    while messages.message().await.map_err(CallError::of("read the log"))?.is_some() {
        count += 1;
    }
    ensure!(count == 4, "not a header and three lines, but {count} messages");
    Ok(())
}

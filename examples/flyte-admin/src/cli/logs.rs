//! `flyte-admin logs`.

use std::io::Write;

use super::arguments::LogsArguments;
use crate::{
    CallError, Flyte,
    proto::admin::{GetTaskLogsRequest, GetTaskLogsResponseBody, TaskCategory, get_task_logs_response::Part},
};

pub(super) async fn show(flyte: &Flyte, which: &LogsArguments, output: &mut impl Write) -> anyhow::Result<()> {
    let request = GetTaskLogsRequest {
        resource_meta: which.resource.clone().into_bytes(),
        lines: which.lines,
        task_category: Some(TaskCategory { name: which.task_type.clone(), version: 0 }),
        ..GetTaskLogsRequest::default()
    };
    let answer = flyte.async_agent.get_task_logs(request).await.map_err(CallError::of("open the log"))?;
    let mut messages = answer.into_inner();
    while let Some(message) = messages.message().await.map_err(CallError::of("read the log"))? {
        if let Some(Part::Body(body)) = message.part {
            write_lines(&body, output)?;
        }
    }
    Ok(())
}

#[allow(deprecated, reason = "agents that are older than structured lines still send plain ones")]
fn write_lines(body: &GetTaskLogsResponseBody, output: &mut impl Write) -> anyhow::Result<()> {
    if body.structured_lines.is_empty() {
        for line in &body.results {
            writeln!(output, "{line}")?;
        }
    }
    for line in &body.structured_lines {
        writeln!(output, "{}", line.message)?;
    }
    Ok(())
}

//! `flyte-admin executions`.

use std::io::Write;

use super::arguments::ExecutionsArguments;
use crate::{
    CallError, Flyte,
    proto::{
        admin::{Execution, NamedEntityIdentifier, ResourceListRequest},
        core::workflow_execution::Phase,
    },
};

const PAGE: u32 = 100;

pub(super) async fn list(flyte: &Flyte, which: &ExecutionsArguments, output: &mut impl Write) -> anyhow::Result<()> {
    let id = NamedEntityIdentifier {
        project: which.project.clone(),
        domain: which.domain.clone(),
        ..NamedEntityIdentifier::default()
    };
    let mut request = ResourceListRequest { id: Some(id), limit: PAGE, ..ResourceListRequest::default() };
    loop {
        let answer = flyte.admin.list_executions(request.clone()).await.map_err(CallError::of("list executions"))?;
        let page = answer.into_inner();
        for execution in page.executions {
            write_execution(execution, output)?;
        }
        if page.token.is_empty() {
            return Ok(());
        }
        request.token = page.token;
    }
}

fn write_execution(execution: Execution, output: &mut impl Write) -> anyhow::Result<()> {
    let id = execution.id.unwrap_or_default();
    let phase = execution.closure.map(|closure| closure.phase()).unwrap_or_default();
    let spec = execution.spec.unwrap_or_default();
    let launch_plan = spec.launch_plan.unwrap_or_default();
    let principal = spec.metadata.unwrap_or_default().principal;
    writeln!(output, "{:<24} {:<10} {:<32} {principal}", id.name, Phase::as_str_name(&phase), launch_plan.name)?;
    Ok(())
}

//! `flyte-admin executions`.

use std::io::Write;

use serde_json::{Value, json};

use super::arguments::ExecutionsArguments;
use crate::{
    CallError, Flyte, Format,
    output::write_json,
    proto::{
        admin::{Execution, NamedEntityIdentifier, ResourceListRequest},
        core::workflow_execution::Phase,
    },
};

const PAGE: u32 = 100;

pub(super) async fn list(
    flyte: &Flyte,
    which: &ExecutionsArguments,
    format: Format,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let id = NamedEntityIdentifier {
        project: which.project.clone(),
        domain: which.domain.clone(),
        ..NamedEntityIdentifier::default()
    };
    let mut request = ResourceListRequest { id: Some(id), limit: PAGE, ..ResourceListRequest::default() };
    let mut documents = vec![];
    loop {
        let answer = flyte.admin.list_executions(request.clone()).await.map_err(CallError::of("list executions"))?;
        let page = answer.into_inner();
        for execution in page.executions {
            let execution = Shown::from(execution);
            match format {
                Format::Text => execution.write(output)?,
                Format::Json => documents.push(execution.json()),
            }
        }
        if page.token.is_empty() {
            break;
        }
        request.token = page.token;
    }
    match format {
        Format::Text => Ok(()),
        Format::Json => write_json(&documents.into(), output),
    }
}

/// What is shown of an execution.
struct Shown {
    name: String,
    phase: &'static str,
    launch_plan: String,
    principal: String,
}

impl From<Execution> for Shown {
    fn from(execution: Execution) -> Self {
        let phase = execution.closure.map(|closure| closure.phase()).unwrap_or_default();
        let spec = execution.spec.unwrap_or_default();
        Self {
            name: execution.id.unwrap_or_default().name,
            phase: Phase::as_str_name(&phase),
            launch_plan: spec.launch_plan.unwrap_or_default().name,
            principal: spec.metadata.unwrap_or_default().principal,
        }
    }
}

impl Shown {
    fn write(&self, output: &mut impl Write) -> anyhow::Result<()> {
        let Self { name, phase, launch_plan, principal } = self;
        writeln!(output, "{name:<24} {phase:<10} {launch_plan:<32} {principal}")?;
        Ok(())
    }

    fn json(&self) -> Value {
        let Self { name, phase, launch_plan, principal } = self;
        json!({ "name": name, "phase": phase, "launch_plan": launch_plan, "principal": principal })
    }
}

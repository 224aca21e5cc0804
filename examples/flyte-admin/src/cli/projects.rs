//! `flyte-admin projects`.

use std::io::Write;

use serde_json::{Value, json};

use crate::{
    CallError, Flyte, Format,
    output::write_json,
    proto::admin::{Project, ProjectListRequest, project::ProjectState},
};

const PAGE: u32 = 100;

pub(super) async fn list(flyte: &Flyte, format: Format, output: &mut impl Write) -> anyhow::Result<()> {
    let mut request = ProjectListRequest { limit: PAGE, ..ProjectListRequest::default() };
    let mut documents = vec![];
    loop {
        let answer = flyte.admin.list_projects(request.clone()).await.map_err(CallError::of("list projects"))?;
        let page = answer.into_inner();
        for project in &page.projects {
            match format {
                Format::Text => write_project(project, output)?,
                Format::Json => documents.push(json(project)),
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

fn json(project: &Project) -> Value {
    json!({
        "id": project.id,
        "state": state(project),
        "name": project.name,
        "domains": domains(project),
    })
}

fn domains(project: &Project) -> Vec<&str> {
    project.domains.iter().map(|domain| domain.id.as_str()).collect()
}

fn state(project: &Project) -> &'static str {
    ProjectState::try_from(project.state).map_or("?", |state| state.as_str_name())
}

fn write_project(project: &Project, output: &mut impl Write) -> anyhow::Result<()> {
    let (state, domains) = (state(project), domains(project).join(","));
    writeln!(output, "{:<24} {state:<9} {:<32} {domains}", project.id, project.name)?;
    Ok(())
}

//! `flyte-admin projects`.

use std::io::Write;

use crate::{
    CallError, Flyte,
    proto::admin::{Project, ProjectListRequest, project::ProjectState},
};

const PAGE: u32 = 100;

pub(super) async fn list(flyte: &Flyte, output: &mut impl Write) -> anyhow::Result<()> {
    let mut request = ProjectListRequest { limit: PAGE, ..ProjectListRequest::default() };
    loop {
        let answer = flyte.admin.list_projects(request.clone()).await.map_err(CallError::of("list projects"))?;
        let page = answer.into_inner();
        for project in &page.projects {
            write_project(project, output)?;
        }
        if page.token.is_empty() {
            return Ok(());
        }
        request.token = page.token;
    }
}

fn write_project(project: &Project, output: &mut impl Write) -> anyhow::Result<()> {
    let domains: Vec<_> = project.domains.iter().map(|domain| domain.id.as_str()).collect();
    let state = ProjectState::try_from(project.state).map_or("?", |state| state.as_str_name());
    writeln!(output, "{:<24} {state:<9} {:<32} {}", project.id, project.name, domains.join(","))?;
    Ok(())
}

//! Projects and executions, kept in memory.

use std::{collections::BTreeMap, time::SystemTime};

use tonic::Status;

use crate::proto::{
    admin::{
        AbortMetadata, Domain, Execution, ExecutionClosure, ExecutionCreateRequest, ExecutionTerminateRequest, Project,
        execution_closure::OutputResult,
    },
    core::{WorkflowExecutionIdentifier, workflow_execution::Phase},
};

const DOMAINS: [&str; 3] = ["development", "staging", "production"];

/// Everything that the server remembers.
#[derive(Default)]
pub(super) struct Store {
    projects: BTreeMap<String, Project>,
    executions: Vec<Execution>,
}

impl Store {
    pub(super) fn register_project(&mut self, mut project: Project) -> Result<(), Status> {
        if project.id.is_empty() {
            return Err(Status::invalid_argument("the project has no id"));
        }
        if self.projects.contains_key(&project.id) {
            return Err(Status::already_exists(format!("project {} exists", project.id)));
        }
        if project.domains.is_empty() {
            project.domains = DOMAINS.map(|domain| Domain { id: domain.into(), name: domain.into() }).into();
        }
        self.projects.insert(project.id.clone(), project);
        Ok(())
    }

    pub(super) fn update_project(&mut self, update: Project) -> Result<(), Status> {
        let project = self.projects.get_mut(&update.id).ok_or_else(|| no_project(&update.id))?;
        let domains = std::mem::take(&mut project.domains);
        *project = Project { domains, ..update };
        Ok(())
    }

    pub(super) fn project(&self, id: &str) -> Result<&Project, Status> {
        self.projects.get(id).ok_or_else(|| no_project(id))
    }

    pub(super) fn projects(&self) -> impl Iterator<Item = &Project> {
        self.projects.values()
    }

    pub(super) fn create_execution(
        &mut self,
        request: ExecutionCreateRequest,
        principal: &str,
    ) -> Result<WorkflowExecutionIdentifier, Status> {
        self.project(&request.project)?;
        let mut spec = request.spec.ok_or_else(|| Status::invalid_argument("the execution has no spec"))?;
        spec.metadata.get_or_insert_default().principal = principal.into();
        let name = match request.name {
            name if name.is_empty() => format!("f{:019x}", self.executions.len()),
            name => name,
        };
        let id =
            WorkflowExecutionIdentifier { project: request.project, domain: request.domain, name, org: request.org };
        if self.executions.iter().any(|execution| execution.id.as_ref() == Some(&id)) {
            return Err(Status::already_exists(format!("execution {} exists", id.name)));
        }
        let now = Some(SystemTime::now().into());
        let closure = ExecutionClosure {
            phase: Phase::Running.into(),
            workflow_id: spec.launch_plan.clone(),
            created_at: now,
            started_at: now,
            updated_at: now,
            ..ExecutionClosure::default()
        };
        self.executions.push(Execution { id: Some(id.clone()), spec: Some(spec), closure: Some(closure) });
        Ok(id)
    }

    pub(super) fn execution(&self, id: Option<&WorkflowExecutionIdentifier>) -> Result<&Execution, Status> {
        self.executions.iter().find(|execution| execution.id.as_ref() == id).ok_or_else(no_execution)
    }

    pub(super) fn executions(&self, project: &str, domain: &str) -> impl Iterator<Item = &Execution> {
        self.executions.iter().filter(move |execution| {
            execution.id.as_ref().is_some_and(|id| id.project == project && id.domain == domain)
        })
    }

    pub(super) fn terminate_execution(
        &mut self,
        request: ExecutionTerminateRequest,
        principal: &str,
    ) -> Result<(), Status> {
        let id = request.id;
        let execution = self.executions.iter_mut().find(|execution| execution.id == id).ok_or_else(no_execution)?;
        let closure = execution.closure.get_or_insert_default();
        closure.phase = Phase::Aborted.into();
        closure.updated_at = Some(SystemTime::now().into());
        let abort = AbortMetadata { cause: request.cause, principal: principal.into() };
        closure.output_result = Some(OutputResult::AbortMetadata(abort));
        Ok(())
    }
}

fn no_project(id: &str) -> Status {
    Status::not_found(format!("there is no project {id:?}"))
}

fn no_execution() -> Status {
    Status::not_found("there is no such execution")
}

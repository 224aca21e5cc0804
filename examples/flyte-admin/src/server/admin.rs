//! The control plane.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tonic::{Request, Response, Status};

use super::{catalogue, page::page, store::Store};
use crate::{
    proto::{
        admin::{
            Execution, ExecutionCreateRequest, ExecutionCreateResponse, ExecutionList, ExecutionTerminateRequest,
            ExecutionTerminateResponse, GetVersionRequest, GetVersionResponse, LaunchPlanList, NamedEntityIdentifier,
            Project, ProjectGetRequest, ProjectListRequest, ProjectRegisterRequest, ProjectRegisterResponse,
            ProjectUpdateResponse, Projects, ResourceListRequest, TaskList, Version, WorkflowExecutionGetRequest,
            WorkflowList,
        },
        service::admin_service_server::AdminService,
    },
    token_endpoint::Caller,
};

type Answer<T> = Result<Response<T>, Status>;

/// Answers from memory.
#[derive(Default)]
pub(super) struct Admin {
    store: Mutex<Store>,
}

impl Admin {
    fn store(&self) -> MutexGuard<'_, Store> {
        // Whatever a panic left behind, this stand-in keeps answering.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a listing looks: in a project that must exist.
    fn place(&self, id: Option<NamedEntityIdentifier>) -> Result<NamedEntityIdentifier, Status> {
        let place = id.ok_or_else(|| Status::invalid_argument("the request names no project and domain"))?;
        self.store().project(&place.project)?;
        Ok(place)
    }
}

/// Who the guard said is calling; nobody on a server without authentication.
fn principal<T>(request: &Request<T>) -> String {
    request.extensions().get::<Caller>().map(|caller| caller.client_id.clone()).unwrap_or_default()
}

#[tonic::async_trait]
impl AdminService for Admin {
    async fn get_version(&self, _request: Request<GetVersionRequest>) -> Answer<GetVersionResponse> {
        let version = Version {
            build: "embedded".into(),
            version: concat!("v", env!("CARGO_PKG_VERSION")).into(),
            build_time: String::new(),
        };
        Ok(Response::new(GetVersionResponse { control_plane_version: Some(version) }))
    }

    async fn register_project(&self, request: Request<ProjectRegisterRequest>) -> Answer<ProjectRegisterResponse> {
        let project = request.into_inner().project.ok_or_else(|| Status::invalid_argument("there is no project"))?;
        self.store().register_project(project)?;
        Ok(Response::new(ProjectRegisterResponse {}))
    }

    async fn update_project(&self, request: Request<Project>) -> Answer<ProjectUpdateResponse> {
        self.store().update_project(request.into_inner())?;
        Ok(Response::new(ProjectUpdateResponse {}))
    }

    async fn get_project(&self, request: Request<ProjectGetRequest>) -> Answer<Project> {
        self.store().project(&request.into_inner().id).cloned().map(Response::new)
    }

    async fn list_projects(&self, request: Request<ProjectListRequest>) -> Answer<Projects> {
        let request = request.into_inner();
        let (projects, token) = page(self.store().projects().cloned(), request.limit, &request.token)?;
        Ok(Response::new(Projects { projects, token }))
    }

    async fn list_tasks(&self, request: Request<ResourceListRequest>) -> Answer<TaskList> {
        let request = request.into_inner();
        let all = catalogue::tasks(&self.place(request.id)?);
        let (tasks, token) = page(all.into_iter(), request.limit, &request.token)?;
        Ok(Response::new(TaskList { tasks, token }))
    }

    async fn list_workflows(&self, request: Request<ResourceListRequest>) -> Answer<WorkflowList> {
        let request = request.into_inner();
        let all = catalogue::workflows(&self.place(request.id)?);
        let (workflows, token) = page(all.into_iter(), request.limit, &request.token)?;
        Ok(Response::new(WorkflowList { workflows, token }))
    }

    async fn list_launch_plans(&self, request: Request<ResourceListRequest>) -> Answer<LaunchPlanList> {
        let request = request.into_inner();
        let all = catalogue::launch_plans(&self.place(request.id)?);
        let (launch_plans, token) = page(all.into_iter(), request.limit, &request.token)?;
        Ok(Response::new(LaunchPlanList { launch_plans, token }))
    }

    async fn create_execution(&self, request: Request<ExecutionCreateRequest>) -> Answer<ExecutionCreateResponse> {
        let principal = principal(&request);
        let id = self.store().create_execution(request.into_inner(), &principal)?;
        Ok(Response::new(ExecutionCreateResponse { id: Some(id) }))
    }

    async fn get_execution(&self, request: Request<WorkflowExecutionGetRequest>) -> Answer<Execution> {
        self.store().execution(request.into_inner().id.as_ref()).cloned().map(Response::new)
    }

    async fn list_executions(&self, request: Request<ResourceListRequest>) -> Answer<ExecutionList> {
        let request = request.into_inner();
        let place = self.place(request.id)?;
        let store = self.store();
        let all = store.executions(&place.project, &place.domain).cloned();
        let (executions, token) = page(all, request.limit, &request.token)?;
        Ok(Response::new(ExecutionList { executions, token }))
    }

    async fn terminate_execution(
        &self,
        request: Request<ExecutionTerminateRequest>,
    ) -> Answer<ExecutionTerminateResponse> {
        let principal = principal(&request);
        self.store().terminate_execution(request.into_inner(), &principal)?;
        Ok(Response::new(ExecutionTerminateResponse {}))
    }
}

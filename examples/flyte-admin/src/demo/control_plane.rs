//! The everyday calls.

use anyhow::{Context as _, ensure};
use prost_types::value::Kind;

use super::{
    report::Outcome,
    stage::{CLIENT_ID, Stage},
};
use crate::{
    CallError,
    proto::{
        admin::{
            Execution, ExecutionCreateRequest, ExecutionSpec, ExecutionTerminateRequest, GetVersionRequest,
            NamedEntityIdentifier, Project, ProjectGetRequest, ProjectListRequest, ProjectRegisterRequest,
            ResourceListRequest, WorkflowExecutionGetRequest, execution_closure::OutputResult,
        },
        core::{Identifier, ResourceType, workflow_execution::Phase},
        service::{CreateUploadLocationRequest, OAuth2MetadataRequest, PublicClientAuthConfigRequest, UserInfoRequest},
    },
};

const PROJECTS: [&str; 3] = ["forecasts", "genomes", "ranking"];
const DOMAIN: &str = "development";
const EXECUTIONS: usize = 3;

/// The only calls that need no token, and get none.
pub(super) async fn how_to_authenticate(stage: &Stage) -> anyhow::Result<Outcome> {
    let metadata = &stage.flyte.auth_metadata;
    let server = metadata
        .get_o_auth2_metadata(OAuth2MetadataRequest {})
        .await
        .map_err(CallError::of("ask for the authorization server"))?
        .into_inner();
    ensure!(server.token_endpoint == stage.token_endpoint.url(), "another token endpoint was published");
    let client = metadata
        .get_public_client_config(PublicClientAuthConfigRequest {})
        .await
        .map_err(CallError::of("ask for the client's settings"))?
        .into_inner();
    ensure!(stage.token_endpoint.requests() == 0, "a login was made for calls that need none");
    let text = format!("no login needed; tokens go into `{}`", client.authorization_metadata_key);
    Ok(Outcome { calls: 2, text })
}

/// The first call that needs a token: sent anonymous, rejected, logged in, sent again.
pub(super) async fn version(stage: &Stage) -> anyhow::Result<Outcome> {
    let answer =
        stage.flyte.admin.get_version(GetVersionRequest {}).await.map_err(CallError::of("ask for the version"))?;
    let version = answer.into_inner().control_plane_version.context("the answer has no version")?;
    let statistics = stage.statistics();
    ensure!((statistics.logins(), statistics.replays()) == (1, 1), "not one login and one replay, but {statistics:?}");
    Ok(Outcome { calls: 1, text: format!("{}; logged in when the server asked for it", version.version) })
}

pub(super) async fn projects(stage: &Stage) -> anyhow::Result<Outcome> {
    let admin = &stage.flyte.admin;
    for id in PROJECTS {
        let project = Project { id: id.into(), name: id.to_uppercase(), ..Project::default() };
        let request = ProjectRegisterRequest { project: Some(project) };
        admin.register_project(request).await.map_err(CallError::of("register a project"))?;
    }
    let [first, ..] = PROJECTS;
    let update = Project { id: first.into(), name: "Forecasts".into(), ..Project::default() };
    admin.update_project(update).await.map_err(CallError::of("update a project"))?;
    let request = ProjectGetRequest { id: first.into(), ..ProjectGetRequest::default() };
    let updated = admin.get_project(request).await.map_err(CallError::of("read a project"))?.into_inner();
    ensure!(updated.name == "Forecasts", "the update got lost");
    let listed = admin
        .list_projects(ProjectListRequest::default())
        .await
        .map_err(CallError::of("list projects"))?
        .into_inner()
        .projects;
    let ids: Vec<_> = listed.iter().map(|project| project.id.as_str()).collect();
    ensure!(ids == PROJECTS, "other projects are listed: {ids:?}");
    Ok(Outcome { calls: PROJECTS.len() + 3, text: format!("registered, updated, listed: {}", ids.join(", ")) })
}

pub(super) async fn registered(stage: &Stage) -> anyhow::Result<Outcome> {
    let admin = &stage.flyte.admin;
    let request = ResourceListRequest { id: Some(place()), ..ResourceListRequest::default() };
    let tasks = admin.list_tasks(request.clone()).await.map_err(CallError::of("list tasks"))?.into_inner().tasks;
    let workflows =
        admin.list_workflows(request.clone()).await.map_err(CallError::of("list workflows"))?.into_inner().workflows;
    let launch_plans =
        admin.list_launch_plans(request).await.map_err(CallError::of("list launch plans"))?.into_inner().launch_plans;
    let text = format!("{} tasks, {} workflow, {} launch plan", tasks.len(), workflows.len(), launch_plans.len());
    Ok(Outcome { calls: 3, text })
}

pub(super) async fn executions(stage: &Stage) -> anyhow::Result<Outcome> {
    let admin = &stage.flyte.admin;
    let mut last = None;
    for _ in 0..EXECUTIONS {
        let answer = admin.create_execution(pipeline()).await.map_err(CallError::of("create an execution"))?;
        last = answer.into_inner().id;
    }
    let request = ResourceListRequest { id: Some(place()), ..ResourceListRequest::default() };
    let listed = admin.list_executions(request).await.map_err(CallError::of("list executions"))?.into_inner();
    ensure!(listed.executions.len() == EXECUTIONS, "{} executions are listed", listed.executions.len());
    let terminate = ExecutionTerminateRequest { id: last.clone(), cause: "seen enough".into() };
    admin.terminate_execution(terminate).await.map_err(CallError::of("end an execution"))?;
    let request = WorkflowExecutionGetRequest { id: last };
    let ended = admin.get_execution(request).await.map_err(CallError::of("read an execution"))?.into_inner();
    ensure!(ended_by(&ended) == Some(CLIENT_ID), "the server does not know who ended the execution");
    let text = format!("{EXECUTIONS} created, one ended by {CLIENT_ID:?}");
    Ok(Outcome { calls: EXECUTIONS + 3, text })
}

pub(super) async fn identity_and_upload(stage: &Stage) -> anyhow::Result<Outcome> {
    let user = stage.flyte.identity.user_info(UserInfoRequest {}).await.map_err(CallError::of("ask who is calling"))?;
    let claims = user.into_inner().additional_claims.context("the server says nothing of the client")?;
    let subject = claims.fields.get("sub").and_then(|claim| claim.kind.clone());
    ensure!(subject == Some(Kind::StringValue(CLIENT_ID.into())), "the server takes us for {subject:?}");
    let [project, ..] = PROJECTS;
    let request = CreateUploadLocationRequest {
        project: project.into(),
        domain: DOMAIN.into(),
        filename: "code.tar.gz".into(),
        ..CreateUploadLocationRequest::default()
    };
    let location =
        stage.flyte.data_proxy.create_upload_location(request).await.map_err(CallError::of("get a place to upload"))?;
    Ok(Outcome { calls: 2, text: location.into_inner().native_url })
}

fn place() -> NamedEntityIdentifier {
    let [project, ..] = PROJECTS;
    NamedEntityIdentifier { project: project.into(), domain: DOMAIN.into(), ..NamedEntityIdentifier::default() }
}

fn pipeline() -> ExecutionCreateRequest {
    let launch_plan = Identifier {
        resource_type: ResourceType::LaunchPlan.into(),
        name: "train.pipeline".into(),
        version: "v1".into(),
        ..Identifier::default()
    };
    let NamedEntityIdentifier { project, domain, .. } = place();
    let spec = Some(ExecutionSpec { launch_plan: Some(launch_plan), ..ExecutionSpec::default() });
    ExecutionCreateRequest { project, domain, spec, ..ExecutionCreateRequest::default() }
}

fn ended_by(execution: &Execution) -> Option<&str> {
    let closure = execution.closure.as_ref().filter(|closure| closure.phase() == Phase::Aborted)?;
    let OutputResult::AbortMetadata(abort) = closure.output_result.as_ref()?;
    Some(&abort.principal)
}

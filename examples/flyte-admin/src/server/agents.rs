//! The agents: the services of Flyte 1 that stream.

use std::{pin::Pin, time::SystemTime};

use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use crate::proto::{
    admin::{
        ExecuteTaskSyncRequest, ExecuteTaskSyncResponse, ExecuteTaskSyncResponseHeader, GetTaskLogsRequest,
        GetTaskLogsResponse, GetTaskLogsResponseBody, GetTaskLogsResponseHeader, LogLine, LogLineOriginator, Resource,
        execute_task_sync_request, execute_task_sync_response, get_task_logs_response,
    },
    core::task_execution::Phase,
    service::{async_agent_service_server::AsyncAgentService, sync_agent_service_server::SyncAgentService},
};

const DEFAULT_LINES: u64 = 5;
const MOST_LINES: u64 = 10_000;

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Streams a log that never ends: each page says where the next one begins.
pub(super) struct AsyncAgent;

#[tonic::async_trait]
impl AsyncAgentService for AsyncAgent {
    type GetTaskLogsStream = Messages<GetTaskLogsResponse>;

    async fn get_task_logs(
        &self,
        request: Request<GetTaskLogsRequest>,
    ) -> Result<Response<Self::GetTaskLogsStream>, Status> {
        let request = request.into_inner();
        let first: u64 = match request.token.as_str() {
            "" => 0,
            token => token.parse().map_err(|_| Status::invalid_argument("the token is not one of this server's"))?,
        };
        let lines = if request.lines == 0 { DEFAULT_LINES } else { request.lines.min(MOST_LINES) };
        let next = first.saturating_add(lines);
        let header = get_task_logs_response::Part::Header(GetTaskLogsResponseHeader { token: next.to_string() });
        let parts = std::iter::once(header).chain((first..next).map(line));
        let messages = parts.map(|part| Ok(GetTaskLogsResponse { part: Some(part) }));
        Ok(Response::new(Box::pin(tokio_stream::iter(messages))))
    }
}

fn line(number: u64) -> get_task_logs_response::Part {
    let line = LogLine {
        timestamp: Some(SystemTime::now().into()),
        message: format!("epoch {number}"),
        originator: LogLineOriginator::User.into(),
    };
    get_task_logs_response::Part::Body(GetTaskLogsResponseBody {
        structured_lines: vec![line],
        ..GetTaskLogsResponseBody::default()
    })
}

/// Runs one task: it gives back what it is given, while more is still coming in.
pub(super) struct SyncAgent;

#[tonic::async_trait]
impl SyncAgentService for SyncAgent {
    type ExecuteTaskSyncStream = Messages<ExecuteTaskSyncResponse>;

    async fn execute_task_sync(
        &self,
        request: Request<Streaming<ExecuteTaskSyncRequest>>,
    ) -> Result<Response<Self::ExecuteTaskSyncStream>, Status> {
        let answers = request.into_inner().map(|message| {
            let part = message?.part.ok_or_else(|| Status::invalid_argument("a message without header or inputs"))?;
            Ok(ExecuteTaskSyncResponse { res: Some(answer(part)) })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

fn answer(part: execute_task_sync_request::Part) -> execute_task_sync_response::Res {
    match part {
        execute_task_sync_request::Part::Header(header) => {
            let task = header.template.and_then(|template| template.id).map(|id| id.name).unwrap_or_default();
            let message = format!("{task} gives back what it is given");
            let resource = Resource { phase: Phase::Succeeded.into(), message, outputs: None };
            execute_task_sync_response::Res::Header(ExecuteTaskSyncResponseHeader { resource: Some(resource) })
        }
        execute_task_sync_request::Part::Inputs(inputs) => execute_task_sync_response::Res::Outputs(inputs),
    }
}

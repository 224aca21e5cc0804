//! A task that is run over a stream in both directions.

use anyhow::{Context as _, ensure};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use super::{report::Outcome, stage::Stage};
use crate::{
    CallError, Flyte,
    proto::{
        admin::{
            CreateRequestHeader, ExecuteTaskSyncRequest, ExecuteTaskSyncResponse, execute_task_sync_request::Part,
            execute_task_sync_response::Res,
        },
        core::{
            Identifier, Literal, LiteralMap, Primitive, ResourceType, Scalar, TaskTemplate, literal, primitive, scalar,
        },
    },
};

const INPUTS: i64 = 5;

pub(super) async fn run_task(stage: &Stage) -> anyhow::Result<Outcome> {
    let exchanges = exchange(&stage.flyte).await?;
    Ok(Outcome { calls: 1, text: format!("{exchanges} inputs in, each answered before the next went out") })
}

/// Sends an input only when the answer to the one before it is there: neither direction waits for the other to end.
pub(super) async fn exchange(flyte: &Flyte) -> anyhow::Result<i64> {
    let (requests, stream) = mpsc::channel(1);
    requests.send(header()).await.context("the call is over")?;
    let answer =
        flyte.sync_agent.execute_task_sync(ReceiverStream::new(stream)).await.map_err(CallError::of("run the task"))?;
    let mut answers = answer.into_inner();
    ensure!(matches!(next(&mut answers).await?, Some(Res::Header(_))), "the answers do not begin with a header");
    for number in 0..INPUTS {
        let inputs = inputs(number);
        let request = ExecuteTaskSyncRequest { part: Some(Part::Inputs(inputs.clone())) };
        requests.send(request).await.context("the call is over")?;
        ensure!(next(&mut answers).await? == Some(Res::Outputs(inputs)), "another answer than what was sent");
    }
    drop(requests);
    ensure!(next(&mut answers).await?.is_none(), "there are more answers than inputs");
    Ok(INPUTS)
}

async fn next(answers: &mut Streaming<ExecuteTaskSyncResponse>) -> Result<Option<Res>, CallError> {
    let answer = answers.message().await.map_err(CallError::of("read the task's outputs"))?;
    Ok(answer.and_then(|answer| answer.res))
}

fn header() -> ExecuteTaskSyncRequest {
    let id = Identifier { resource_type: ResourceType::Task.into(), name: "echo".into(), ..Identifier::default() };
    let template = TaskTemplate { id: Some(id), r#type: "echo".into() };
    let header = CreateRequestHeader { template: Some(template), ..CreateRequestHeader::default() };
    ExecuteTaskSyncRequest { part: Some(Part::Header(header)) }
}

fn inputs(number: i64) -> LiteralMap {
    let primitive = Primitive { value: Some(primitive::Value::Integer(number)) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
    let literal = Literal { value: Some(literal::Value::Scalar(scalar)) };
    LiteralMap { literals: [("n".into(), literal)].into() }
}

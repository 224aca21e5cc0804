//! Many calls at once, just after their token was revoked.

use anyhow::{Context as _, ensure};
use tokio::task::JoinSet;

use super::{report::Outcome, stage::Stage};
use crate::{CallError, proto::admin::ProjectListRequest};

pub(super) async fn after_revocation(stage: &mut Stage, calls: usize) -> anyhow::Result<Outcome> {
    stage.let_tokens_last().await?;
    let (requests_before, before) = (stage.token_endpoint.requests(), stage.statistics());
    stage.revoke_tokens();

    let mut burst = JoinSet::new();
    for _ in 0..calls {
        let admin = stage.flyte.admin.clone();
        burst.spawn(async move { admin.list_projects(ProjectListRequest::default()).await });
    }
    while let Some(answer) = burst.join_next().await {
        answer.context("a call ended without an answer")?.map_err(CallError::of("list projects"))?;
    }

    let requests = stage.token_endpoint.requests() - requests_before;
    ensure!(requests == 1, "{requests} requests at the token endpoint");
    let replays = stage.statistics().replays() - before.replays();
    Ok(Outcome { calls, text: format!("all answered: {replays} rejected and replayed, 1 request for a token") })
}

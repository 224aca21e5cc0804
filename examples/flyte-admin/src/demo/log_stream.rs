//! A log that is followed for longer than any token lives.

use std::{mem, time::Duration};

use anyhow::{Context as _, ensure};
use tokio::time::{self, MissedTickBehavior};

use super::{Pace, report::Outcome, stage::Stage};
use crate::{
    CallError, Flyte,
    proto::admin::{GetTaskLogsRequest, get_task_logs_response::Part},
};

const LINES: u64 = 4;
const OPENINGS_A_LIFETIME: u32 = 8;
/// When to give up, were the tokens never refreshed.
const LONGEST: Duration = Duration::from_secs(60);

/// Opens the log where it was left, again and again, until several tokens have come and gone.
pub(super) async fn follow(stage: &Stage, pace: Pace) -> anyhow::Result<Outcome> {
    let (refreshes, rejections) = (stage.statistics().refreshes(), stage.server.rejections());
    let mut interval = time::interval(pace.token_lifetime / OPENINGS_A_LIFETIME);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);

    let (mut lines, mut openings, mut token) = (vec![], 0, String::new());
    let until_tokens_are_used = async {
        while stage.statistics().refreshes() < refreshes + pace.tokens {
            interval.tick().await;
            token = read_on(&stage.flyte, mem::take(&mut token), &mut lines).await?;
            openings += 1;
        }
        anyhow::Ok(())
    };
    time::timeout(LONGEST, until_tokens_are_used).await.context("the tokens are not refreshed")??;

    let expected: Vec<_> = (0..lines.len()).map(|number| format!("epoch {number}")).collect();
    ensure!(lines == expected, "lines are missing or came twice");
    let rejections = stage.server.rejections() - rejections;
    let text = format!("{} lines in order; {} refreshes, {rejections} calls rejected", lines.len(), pace.tokens);
    Ok(Outcome { calls: openings, text })
}

/// Reads a few lines from where `token` says; returns where they end.
async fn read_on(flyte: &Flyte, token: String, lines: &mut Vec<String>) -> anyhow::Result<String> {
    let request = GetTaskLogsRequest { lines: LINES, token, ..GetTaskLogsRequest::default() };
    let answer = flyte.async_agent.get_task_logs(request).await.map_err(CallError::of("open the log"))?;
    let mut messages = answer.into_inner();
    let mut next = None;
    while let Some(message) = messages.message().await.map_err(CallError::of("read the log"))? {
        match message.part {
            Some(Part::Header(header)) => next = Some(header.token),
            Some(Part::Body(body)) => lines.extend(body.structured_lines.into_iter().map(|line| line.message)),
            None => {}
        }
    }
    next.context("the log has no header")
}

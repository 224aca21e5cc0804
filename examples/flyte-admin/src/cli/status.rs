//! `flyte-admin status`.

use std::{
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use auth_runtime::{Credentials, flyte::LoginPlace};
use serde_json::{Value, json};

use super::connect::Session;
use crate::{Format, output::write_json, stored_login::describe};

/// Says where logins are kept, and whether one is. Nobody is asked, and nothing is sent.
pub(super) async fn show(session: &Session, format: Format, output: &mut impl Write) -> anyhow::Result<()> {
    let endpoint = session.authenticator.endpoint();
    if format == Format::Json {
        return write_json(&document(session, &endpoint).await?, output);
    }
    writeln!(output, "{:<10}  {endpoint}", "endpoint")?;
    let Some(logins) = &session.logins else {
        writeln!(output, "{:<10}  not kept: this configuration logs in without a person", "logins")?;
        return Ok(());
    };
    writeln!(output, "{:<10}  kept {}", "logins", logins.place().await)?;
    let stored = stored(session).await?;
    writeln!(output, "{:<10}  {}", "login", stored.as_ref().map_or("none".to_owned(), describe))?;
    Ok(())
}

async fn document(session: &Session, endpoint: &str) -> anyhow::Result<Value> {
    let Some(logins) = &session.logins else {
        return Ok(json!({ "endpoint": endpoint, "logins": null, "login": null }));
    };
    let (kind, directory) = match logins.place().await {
        LoginPlace::Keyring => ("keyring", None),
        LoginPlace::Files(directory) => ("file", Some(directory)),
        _ => ("memory", None),
    };
    let stored = stored(session).await?;
    let login = stored.map(|stored| {
        let seconds = |end: SystemTime| end.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        json!({
            "expires_at": stored.expires_at().map(seconds),
            "expired": stored.expires_at().map(|end| end <= SystemTime::now()),
            "can_be_refreshed": stored.refresh_token().is_some(),
        })
    });
    Ok(json!({ "endpoint": endpoint, "logins": { "kept": kind, "directory": directory }, "login": login }))
}

async fn stored(session: &Session) -> anyhow::Result<Option<Credentials>> {
    session.authenticator.stored_credentials().await.context("cannot read where logins are kept")
}

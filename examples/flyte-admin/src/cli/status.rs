//! `flyte-admin status`.

use std::{io::Write, time::SystemTime};

use anyhow::Context as _;
use auth_runtime::Credentials;

use super::connect::Session;

/// Says where logins are kept, and whether one is. Nobody is asked, and nothing is sent.
pub(super) async fn show(session: &Session, output: &mut impl Write) -> anyhow::Result<()> {
    writeln!(output, "{:<10}  {}", "endpoint", session.authenticator.endpoint())?;
    let Some(logins) = &session.logins else {
        writeln!(output, "{:<10}  not kept: this configuration logs in without a person", "logins")?;
        return Ok(());
    };
    writeln!(output, "{:<10}  kept {}", "logins", logins.place().await)?;
    let stored = session.authenticator.stored_credentials().await.context("cannot read where logins are kept")?;
    writeln!(output, "{:<10}  {}", "login", stored.as_ref().map_or("none".to_owned(), describe))?;
    Ok(())
}

fn describe(stored: &Credentials) -> String {
    let refresh = if stored.refresh_token().is_some() { "can be refreshed" } else { "cannot be refreshed" };
    match stored.expires_at().map(|end| end.duration_since(SystemTime::now())) {
        Some(Ok(left)) => format!("the token lasts {} s and {refresh}", left.as_secs()),
        Some(Err(_)) => format!("the token has expired and {refresh}"),
        None => format!("the token says not how long it lasts; it {refresh}"),
    }
}

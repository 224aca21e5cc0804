//! `flyte-admin login`.

use std::{io::Write, time::SystemTime};

use anyhow::Context as _;

use super::connect::Session;

pub(super) async fn log_in(session: &Session, output: &mut impl Write) -> anyhow::Result<()> {
    let logins = session.logins.as_ref();
    let session = &session.authenticator;
    let credentials = session.login().await.with_context(|| format!("cannot log in to {}", session.endpoint()))?;
    let left = credentials.expires_at().and_then(|end| end.duration_since(SystemTime::now()).ok());
    match left {
        Some(left) => {
            writeln!(output, "logged in to {}; the token lasts {} s", session.endpoint(), left.as_secs())?;
        }
        None => writeln!(output, "logged in to {}", session.endpoint())?,
    }
    if let Some(logins) = logins {
        writeln!(output, "the login is kept {}", logins.place().await)?;
    }
    Ok(())
}

//! `flyte-admin logout`.

use std::io::Write;

use anyhow::Context as _;

use super::connect::Session;

pub(super) async fn log_out(session: &Session, output: &mut impl Write) -> anyhow::Result<()> {
    let endpoint = session.authenticator.endpoint();
    let was_kept = session.authenticator.logout().await.with_context(|| format!("cannot log out from {endpoint}"))?;
    if was_kept {
        writeln!(output, "logged out from {endpoint}")?;
    } else {
        writeln!(output, "no login to {endpoint} was kept on this machine")?;
    }
    for name in session.logins.iter().flat_map(|logins| logins.left_behind()) {
        writeln!(output, "left where it is, and not used here until it changes: {name}")?;
    }
    Ok(())
}

//! `flyte-admin logout`.

use std::io::Write;

use anyhow::Context as _;
use auth_runtime::Authenticator;

pub(super) async fn log_out(session: &Authenticator, output: &mut impl Write) -> anyhow::Result<()> {
    let endpoint = session.endpoint();
    let was_kept = session.logout().await.with_context(|| format!("cannot log out from {endpoint}"))?;
    if was_kept {
        writeln!(output, "logged out from {endpoint}")?;
    } else {
        writeln!(output, "no login to {endpoint} was kept on this machine")?;
    }
    Ok(())
}

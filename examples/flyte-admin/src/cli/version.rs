//! `flyte-admin version`.

use std::io::Write;

use crate::{CallError, Flyte, proto::admin::GetVersionRequest};

pub(super) async fn show(flyte: &Flyte, output: &mut impl Write) -> anyhow::Result<()> {
    let answer = flyte.admin.get_version(GetVersionRequest {}).await.map_err(CallError::of("ask for the version"))?;
    let version = answer.into_inner().control_plane_version.unwrap_or_default();
    writeln!(output, "version     {}", version.version)?;
    writeln!(output, "build       {}", version.build)?;
    writeln!(output, "build time  {}", version.build_time)?;
    Ok(())
}

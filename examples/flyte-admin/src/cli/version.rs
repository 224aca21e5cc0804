//! `flyte-admin version`.

use std::io::Write;

use serde_json::json;

use crate::{CallError, Flyte, Format, output::write_json, proto::admin::GetVersionRequest};

pub(super) async fn show(flyte: &Flyte, format: Format, output: &mut impl Write) -> anyhow::Result<()> {
    let answer = flyte.admin.get_version(GetVersionRequest {}).await.map_err(CallError::of("ask for the version"))?;
    let version = answer.into_inner().control_plane_version.unwrap_or_default();
    if format == Format::Json {
        let document = json!({ "version": version.version, "build": version.build, "build_time": version.build_time });
        return write_json(&document, output);
    }
    writeln!(output, "version     {}", version.version)?;
    writeln!(output, "build       {}", version.build)?;
    writeln!(output, "build time  {}", version.build_time)?;
    Ok(())
}

//! `flyte-admin config`.

use std::io::Write;

use auth_runtime::flyte::Config;

pub(super) fn show(config: &Config, output: &mut impl Write) -> anyhow::Result<()> {
    match config.file() {
        Some(path) => writeln!(output, "# from {} and the environment", path.display())?,
        None => writeln!(output, "# from the environment; there is no configuration file")?,
    }
    if let Some(path) = config.own_file() {
        writeln!(output, "# and from {}", path.display())?;
    }
    for setting in config.effective() {
        let note = if setting.has_effect() { "" } else { ", without effect" };
        writeln!(output, "{:<32} {:<32} ({}{note})", setting.key(), setting.value(), setting.origin())?;
    }
    Ok(())
}

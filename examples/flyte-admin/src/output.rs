//! How results are written: for people, or for programs.

use std::io::Write;

use serde_json::Value;

/// For whom results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON document for programs.
    Json,
}

pub(crate) fn write_json(document: &Value, output: &mut impl Write) -> anyhow::Result<()> {
    writeln!(output, "{document:#}")?;
    Ok(())
}

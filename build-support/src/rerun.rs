//! `cargo:rerun-if-changed` for the files that were read.

use std::io::Write as _;
use std::path::PathBuf;

/// Tells Cargo which files the generated code was made from. As soon as one is named, Cargo looks at nothing else: so
/// all of them are, imported ones too. What protox brings along (`google/protobuf`) is no file.
pub(crate) fn emit(files: impl IntoIterator<Item = PathBuf>) {
    let mut lines = String::new();
    for file in files {
        lines.push_str(&format!("cargo:rerun-if-changed={}\n", file.display()));
    }
    // Where Cargo does not listen there is nothing to do again.
    let _ = std::io::stdout().write_all(lines.as_bytes());
}

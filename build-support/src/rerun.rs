//! `cargo:rerun-if-changed` for the files that were read.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use prost_types::FileDescriptorSet;

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

/// Where the files are that the descriptors were made from, as far as the `includes` have them.
pub(crate) fn sources(descriptors: &FileDescriptorSet, includes: &[impl AsRef<Path>]) -> Vec<PathBuf> {
    let find = |name: &str| includes.iter().map(|include| include.as_ref().join(name)).find(|path| path.exists());
    descriptors.file.iter().filter_map(|file| find(file.name())).collect()
}

//! Where files are written.

use std::{env, path::PathBuf};

/// The path of a file of this target. `run` gives each a folder of its own, `.`: paths that are made by chance would
/// have one input take different ways.
pub fn file(name: &str) -> PathBuf {
    env::temp_dir().join(name)
}

//! A folder for the files of one process.

use std::path::PathBuf;

use tempfile::TempDir;

/// The path of a file in it. Each thread has a folder of its own.
pub fn file(name: &str) -> PathBuf {
    thread_local!(static FOLDER: TempDir = tempfile::tempdir().expect("a folder can be made"));
    FOLDER.with(|folder| folder.path().join(name))
}

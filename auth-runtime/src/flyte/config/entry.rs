//! One value of a configuration file, and the error for a line that is none.

use std::path::Path;

use super::value::Raw;
use crate::AuthError;

/// One value.
#[derive(Debug)]
pub(super) struct Entry {
    /// `admin.endpoint`, or `platform.url` in INI.
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) value: Raw,
}

/// The error for a line that is not in the file's format.
pub(super) fn unreadable(path: &Path, line: usize, reason: &str) -> AuthError {
    AuthError::configuration("configuration file", format!("{}:{line}: {reason}", path.display()))
}

/// The error for a line that says again what was said. Programs differ in which of the two they take.
pub(super) fn twice(path: &Path, line: usize, name: &str) -> AuthError {
    unreadable(path, line, &format!("`{name}` is set a second time; remove one of the two"))
}

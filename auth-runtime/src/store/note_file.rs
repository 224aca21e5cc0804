//! Notes in files, one for each key.

use std::path::Path;

use super::{StoreError, StoreKey, file_name::file_name, private_file};

/// The directory's name.
#[cfg(any(feature = "oauth", feature = "keyring"))]
const NOTES: &str = concat!(env!("CARGO_PKG_NAME"), "-notes");

/// For this user alone. It outlives a session of the desktop.
#[cfg(any(feature = "oauth", feature = "keyring"))]
pub(super) fn directory_of_user() -> Option<std::path::PathBuf> {
    super::user_directory::state(|variable| std::env::var_os(variable)).map(|state| state.join(NOTES))
}

/// The note that is kept under this key in a directory.
pub(super) fn read(directory: &Path, key: &StoreKey) -> Result<Option<String>, StoreError> {
    let path = directory.join(file_name(key, "note"));
    let Some(content) = private_file::read(&path)? else { return Ok(None) };
    Ok(String::from_utf8(content.to_vec()).ok())
}

/// Replaces it; an empty note is none.
pub(super) fn write(directory: &Path, key: &StoreKey, note: &str) -> Result<(), StoreError> {
    let path = directory.join(file_name(key, "note"));
    match note {
        "" => private_file::remove(&path),
        note => private_file::replace(&path, note.as_bytes()),
    }
}

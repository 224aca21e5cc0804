//! A lock between programs: an empty file that one of them holds.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use fs4::{FileExt, TryLockError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::{StoreError, StoreKey, StoreLock, worker::Worker};
use crate::{limits, user_file};

const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// A key as a file name, the same for every version of every program.
pub(super) fn file_name(key: &StoreKey, extension: &str) -> String {
    format!("{}.{extension}", encoded_key(key))
}

/// A key as one text without separators of paths.
pub(super) fn encoded_key(key: &StoreKey) -> String {
    let encoded = |part| utf8_percent_encode(part, &KEPT);
    let login = format!("{}~{}~{}", encoded(key.endpoint()), encoded(key.flow()), encoded(key.client_id()));
    match key.settings() {
        settings if settings.is_empty() => login,
        settings => format!("{login}~{}", digest(&settings)),
    }
}

/// Settings may be longer than a file name. This is enough of it that no two of one user's are the same.
fn digest(settings: &str) -> String {
    Sha256::digest(settings).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Waits for the lock on the file at `path`, which is made if there is none and stays there: whoever removed it would
/// break the lock of another who holds it. The system gives it back when the program dies.
pub(super) async fn lock(worker: &Worker, path: PathBuf) -> Result<StoreLock, StoreError> {
    let mut waits = false;
    loop {
        let attempted = path.clone();
        if let Some(held) = worker.run(move || try_lock(&attempted)).await? {
            return Ok(StoreLock::holding(held));
        }
        if !std::mem::replace(&mut waits, true) {
            tracing::info!(lock = %path.display(), "another program is logging in; waiting for it");
        }
        tokio::time::sleep(limits::STORE_LOCK_POLL).await;
    }
}

fn try_lock(path: &Path) -> Result<Option<File>, StoreError> {
    let failed = |error: io::Error| {
        StoreError::with_source(format!("{} cannot be locked; make its directory writable", path.display()), error)
    };
    if let Some(directory) = path.parent() {
        create_private_directory(directory).map_err(failed)?;
    }
    let file = user_file::open_or_create(path).map_err(failed)?;
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Makes a directory that only this user may look into; one that is there is left as it is.
pub(super) fn create_private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

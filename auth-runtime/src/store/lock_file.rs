//! A lock between programs: an empty file that one of them holds.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use fs4::{FileExt, TryLockError};

use super::{StoreError, StoreLock, private_file::create_private_directory, worker::Worker};
use crate::{AuthError, limits, user_file};

/// Waits for the lock on the file at `path`, which is made if there is none and stays there: whoever removed it would
/// break the lock of another who holds it. The system gives it back when the program dies.
pub(super) async fn lock(worker: &Worker, path: PathBuf) -> Result<StoreLock, StoreError> {
    let mut waits = false;
    loop {
        let attempted = path.clone();
        if let Some(held) = worker.run(move || try_lock(&attempted)).await? {
            return Ok(StoreLock::holding(held));
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(StoreError::new(AuthError::no_runtime("waiting for another program").to_string()));
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

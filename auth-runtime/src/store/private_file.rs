//! Files that only this user may read, replaced as a whole.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
};

use secrecy::zeroize::Zeroizing;

use super::StoreError;
#[cfg(unix)]
use crate::net::warn_once::warn_once;
use crate::{limits, user_file};

/// How the name of a file begins and ends that is being written.
const UNFINISHED: [&str; 2] = [".credentials-", ".tmp"];

/// The content of a file, if it exists.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    if !is_there(path)? {
        return Ok(None);
    }
    let file = match user_file::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(failed(path, "cannot be read; check who owns it", error));
        }
        Err(error) => return Err(failed(path, "cannot be read", error)),
    };
    make_private(path, &file)?;
    content(path, file)
}

fn content(path: &Path, file: File) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let mut content = Zeroizing::new(Vec::with_capacity(16 * 1024));
    let read = file.take(limits::MAX_STORED_BYTES).read_to_end(&mut content);
    read.map_err(|error| failed(path, "cannot be read", error))?;
    // What could only be emptied counts as removed.
    Ok(Some(content).filter(|content| !content.is_empty()))
}

/// Puts a new file in the place of an old one, at once: until the very end the old one can be read, and after that the
/// new one.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    is_there(path)?;
    let failed = |error| failed(path, "cannot be replaced; is its directory writable and its disk full?", error);
    let directory = path.parent().unwrap_or(Path::new("."));
    create_private_directory(directory).map_err(failed)?;
    // Readable by this user alone from the start; renaming needs it in the same file system.
    let mut builder = tempfile::Builder::new();
    let mut file = builder.prefix(UNFINISHED[0]).suffix(UNFINISHED[1]).tempfile_in(directory).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    // Otherwise the new name may reach the disk before the content does.
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    #[cfg(unix)]
    if let Err(error) = user_file::synchronise_directory(directory) {
        tracing::debug!(%error, "the directory was not synchronised");
    }
    if let Err(error) = remove_unfinished(directory) {
        tracing::debug!(%error, "the directory was not tidied");
    }
    Ok(())
}

/// Makes a directory that only this user may look into; one that is there is left as it is.
pub(super) fn create_private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Removes what programs have left behind that died while they were writing.
fn remove_unfinished(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_unfinished =
            name.to_str().is_some_and(|name| name.starts_with(UNFINISHED[0]) && name.ends_with(UNFINISHED[1]));
        let age =
            || entry.metadata().and_then(|metadata| metadata.modified()).map(|at| at.elapsed().unwrap_or_default());
        if is_unfinished && age()? > limits::UNFINISHED_FILE_AGE {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file. Where its directory does not let it go, nothing is left in it.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            empty(path).map_err(|_| failed(path, "cannot be deleted", error))
        }
        _ => Ok(()),
    }
}

fn empty(path: &Path) -> io::Result<()> {
    // What a link leads to is somebody else's.
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    user_file::open_or_create(path)?.set_len(0)
}

/// Whether there is a file. Secrets are neither read from nor written to anything else: a symbolic link leads to where
/// somebody else wants them.
fn is_there(path: &Path) -> Result<bool, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(metadata) => {
            let kind = if metadata.is_symlink() { "a symbolic link" } else { "no regular file" };
            Err(StoreError::new(format!("{} is {kind}; remove it, credentials are kept in a file", path.display())))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(path, "cannot be looked at", error)),
    }
}

/// Takes away what others may do with the open file.
#[cfg(unix)]
fn make_private(path: &Path, file: &File) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt as _;

    let failed = |error| failed(path, "is readable by others and cannot be made private; remove it", error);
    let mut permissions = file.metadata().map_err(failed)?.permissions();
    if permissions.mode() & 0o077 != 0 {
        let mode = permissions.mode() & 0o777;
        permissions.set_mode(0o600);
        file.set_permissions(permissions).map_err(failed)?;
        warn_once(
            "stored credentials were repaired",
            &StoreError::new(format!(
                "{} had mode {mode:04o} and has 0600 now; if others use this machine, log out and in again",
                path.display()
            )),
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_private(_path: &Path, _file: &File) -> Result<(), StoreError> {
    Ok(())
}

fn failed(path: &Path, what: &str, error: io::Error) -> StoreError {
    StoreError::with_source(format!("{} {what}", path.display()), error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn only_what_was_being_written_long_ago_is_tidied_away() {
        let directory = tempfile::tempdir().unwrap();
        let old = limits::UNFINISHED_FILE_AGE + Duration::from_secs(60);
        for (name, age) in [
            (".credentials-dead.tmp", old),
            (".credentials-alive.tmp", Duration::ZERO),
            (".credentials-another", old),
            ("another.tmp", old),
            ("another.json", old),
        ] {
            let file = File::create(directory.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        replace(&directory.path().join("entry.json"), b"content").unwrap();
        let mut left: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        let expected = [".credentials-alive.tmp", ".credentials-another", "another.json", "another.tmp", "entry.json"];
        assert_eq!(left, expected);
    }

    #[test]
    fn a_file_that_is_gone_needs_no_removing_and_what_is_no_file_cannot_be() {
        let directory = tempfile::tempdir().unwrap();
        remove(&directory.path().join("entry.json")).unwrap();
        assert!(remove(directory.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_left_in_a_file_that_its_directory_does_not_let_go() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("entry.json");
        for remove in [remove, |path: &Path| empty(path).map_err(|error| failed(path, "cannot be emptied", error))] {
            replace(&path, b"content").unwrap();
            // This does not keep root from removing it.
            fs::set_permissions(&directory, fs::Permissions::from_mode(0o500)).unwrap();
            remove(&path).unwrap();
            assert!(read(&path).unwrap().is_none());
            fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_stays_open_to_others_is_not_used_and_neither_is_one_that_breaks_off() {
        // The kernel lets nobody change what others may do with this file.
        let (open, never_private) = (Path::new("open.json"), Path::new("/proc/self/status"));
        let error = make_private(open, &File::open(never_private).unwrap()).unwrap_err().to_string();
        assert_eq!(error, "open.json is readable by others and cannot be made private; remove it");
        // Nor can anybody read the first page of a program's memory.
        let error = content(open, File::open("/proc/self/mem").unwrap()).err().unwrap().to_string();
        assert_eq!(error, "open.json cannot be read");
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_taken_for_absent() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = read(&file.path().join("entry.json")).err().unwrap();
        assert!(error.to_string().contains("cannot be looked at"), "{error}");
    }
}

//! Whose a file is: anybody can make one in `/tmp`.

use std::path::Path;

/// Whether this user made it, as Git wants it of a repository.
#[cfg(unix)]
pub(super) fn is_ours(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    std::fs::metadata(path).is_ok_and(|metadata| metadata.uid() == this_user())
}

/// Whether nobody but this user and root can have written it, or put it where it is. A link counts for both its ends.
#[cfg(unix)]
pub(super) fn is_ours_alone(path: &Path) -> bool {
    let Ok(target) = path.canonicalize() else { return false };
    [path.parent(), target.parent(), Some(&target)].into_iter().all(|place| place.is_some_and(is_written_by_us_alone))
}

#[cfg(unix)]
fn is_written_by_us_alone(place: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    /// Group and others.
    const WRITABLE: u32 = 0o022;
    std::fs::metadata(place)
        .is_ok_and(|metadata| [0, this_user()].contains(&metadata.uid()) && metadata.mode() & WRITABLE == 0)
}

#[cfg(unix)]
fn this_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
pub(super) fn is_ours(_path: &Path) -> bool {
    true
}

/// It cannot be told from here: only the user's own directories count.
#[cfg(not(unix))]
pub(super) fn is_ours_alone(_path: &Path) -> bool {
    false
}

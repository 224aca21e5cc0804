//! Files that settings name: whatever is at the path, nobody waits for it for ever, and no memory is filled.

use std::{
    fs::{File, OpenOptions},
    io,
    path::Path,
};

/// Opens a regular file, also by way of symbolic links: mounted secrets are links.
///
/// # Errors
///
/// Also for anything else: a pipe blocks until somebody writes to it, a device may never end.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Otherwise opening a pipe waits for its other end. To a regular file it makes no difference.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NON_BLOCKING);
    let file = options.open(path)?;
    // Of what was opened: another file may have the name by now.
    let kind = file.metadata()?.file_type();
    match kind.is_file() {
        true => Ok(file),
        false if kind.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory and no file")),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe or a device and no regular file")),
    }
}

/// Reads a regular file of `longest` bytes at most.
///
/// # Errors
///
/// As [`open`], and for a longer one.
#[cfg(feature = "_http")]
pub(crate) fn read(path: &Path, longest: usize) -> io::Result<Vec<u8>> {
    use io::Read as _;

    let mut content = Vec::new();
    open(path)?.take(longest as u64 + 1).read_to_end(&mut content)?;
    match content.len() <= longest {
        true => Ok(content),
        false => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {longest} bytes"))),
    }
}

/// Does what may take for ever: a path on a network may never answer. A runtime that is dropped waits for threads of its
/// own, and not for this one.
///
/// # Errors
///
/// Where there is no thread to be had.
#[cfg(feature = "oauth")]
pub(crate) async fn on_own_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (done, outcome) = tokio::sync::oneshot::channel();
    own_thread(move || drop(done.send(work())))?;
    outcome.await.map_err(|_| io::Error::other("whatever read it has panicked"))
}

/// The same where nothing can be awaited. `None` where there is no outcome in time.
#[cfg(feature = "flyte")]
pub(crate) fn on_own_thread_within<T: Send + 'static>(
    timeout: std::time::Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, outcome) = std::sync::mpsc::channel();
    own_thread(move || drop(done.send(work()))).ok()?;
    outcome.recv_timeout(timeout).ok()
}

#[cfg(feature = "oauth")]
fn own_thread(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name("reads a file".to_owned()).spawn(work).map(drop)
}

#[cfg(unix)]
const NON_BLOCKING: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;

#[cfg(all(test, feature = "flyte"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod own_thread_tests {
    use std::time::Duration;

    use super::*;

    fn for_ever() {
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn a_runtime_does_not_wait_for_a_file_that_is_never_read() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let given_up =
            runtime.block_on(async { tokio::time::timeout(Duration::from_secs(1), on_own_thread(for_ever)).await });
        assert!(given_up.is_err());
        // It would hang here.
        drop(runtime);
        assert_eq!(on_own_thread_within(Duration::from_millis(1), for_ever), None);
        assert_eq!(on_own_thread_within(Duration::MAX, || 7), Some(7));
    }
}

#[cfg(all(test, unix, feature = "_http", feature = "file-store"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn told(path: &Path) -> String {
        read(path, 10).unwrap_err().to_string()
    }

    #[test]
    fn only_a_regular_file_within_its_bounds_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(read(&path, 10).unwrap(), b"0123456789");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read(&link, 10).unwrap(), b"0123456789", "mounted secrets are links");
        std::fs::write(&path, "0123456789a").unwrap();
        assert_eq!(told(&path), "it has more than 10 bytes");

        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        assert_eq!(told(&pipe), "it is a pipe or a device and no regular file");
        assert_eq!(told(Path::new("/dev/zero")), "it is a pipe or a device and no regular file");
        assert_eq!(told(folder.path()), "it is a directory and no file");
        assert!(told(&folder.path().join("none")).contains("No such file"));
    }
}

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
#[cfg(any(feature = "_http", feature = "_private-file"))]
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    open_regular(path, &mut options)
}

/// Opens a regular file for writing, which is made, for this user alone, if there is none.
///
/// # Errors
///
/// As [`open`].
#[cfg(feature = "_private-file")]
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    open_regular(path, &mut options)
}

/// Has the system write down which files a directory has.
#[cfg(all(unix, feature = "_private-file"))]
pub(crate) fn synchronise_directory(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true);
    let flags = NON_BLOCKING | rustix::fs::OFlags::DIRECTORY.bits() as i32;
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    options.open(path)?.sync_all()
}

fn open_regular(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Otherwise opening a pipe waits for its other end. To a regular file it makes no difference.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, NON_BLOCKING);
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

/// Reads files on a thread of its own, which may wait for a network's disk for ever: a runtime that is dropped waits for
/// what `spawn_blocking` runs. Whoever gives up waiting leaves the thread behind.
///
/// # Errors
///
/// Where there can be no thread, or it panicked.
#[cfg(feature = "_http")]
pub(crate) async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (done, outcome) = tokio::sync::oneshot::channel();
    spawn(move || drop(done.send(work())))?;
    outcome.await.map_err(|_| io::Error::other("the thread that read it panicked"))
}

/// The same where nothing can be awaited. `None` where there is no outcome in time.
#[cfg(feature = "flyte")]
pub(crate) fn on_a_thread_within<T: Send + 'static>(
    timeout: std::time::Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, outcome) = std::sync::mpsc::channel();
    spawn(move || drop(done.send(work()))).ok()?;
    outcome.recv_timeout(timeout).ok()
}

#[cfg(feature = "_http")]
fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let name = concat!(env!("CARGO_PKG_NAME"), "-file").to_owned();
    std::thread::Builder::new().name(name).spawn(work).map(drop)
}

#[cfg(unix)]
const NON_BLOCKING: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;

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

#[cfg(all(test, feature = "oauth"))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod thread_tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_runtime_does_not_wait_for_a_file_that_never_comes() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (release, released) = mpsc::channel::<()>();
        let (begun, began) = mpsc::channel();
        let reading = runtime.spawn(on_a_thread(move || {
            let name = std::thread::current().name().map(str::to_owned);
            begun.send(name).unwrap();
            released.recv().unwrap();
        }));
        runtime.block_on(tokio::task::yield_now());
        assert_eq!(began.recv().unwrap().as_deref(), Some("auth-runtime-file"));
        // With `spawn_blocking` this would never return.
        drop(runtime);
        drop(reading);
        // The thread is still there, and waits.
        release.send(()).unwrap();
    }

    #[tokio::test]
    async fn a_panic_there_is_an_error_here() {
        let outcome: io::Result<()> = on_a_thread(|| std::panic::resume_unwind(Box::new("boom"))).await;
        let error = outcome.unwrap_err();
        assert!(error.to_string().contains("panicked"), "{error}");
    }
}

//! A test that waits for something that never comes fails instead of hanging.

use std::{
    sync::mpsc::{self, Sender},
    thread,
    time::Duration,
};

/// Far above anything a test waits for: no test's outcome depends on it, except that of one that would hang.
const REASON: Duration = Duration::from_secs(30);

/// Waits for `future`, and says for what when it does not come.
///
/// On a paused clock this is over as soon as nothing else can happen, which is right too.
///
/// # Panics
///
/// If the future is not ready in any reasonable time.
pub async fn within_reason<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(REASON, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// How long a whole test may take, far above what any takes.
const TEST: Duration = Duration::from_secs(120);

/// Ends the process, loudly, if it is not dropped in any reasonable time: for whatever a test waits for without
/// [`within_reason`]. Runs beside the test, so that neither a paused clock nor a blocked thread matters.
#[derive(Debug)]
pub struct Watchdog {
    _alive: Sender<()>,
}

impl Watchdog {
    /// Starts to watch the test that runs on this thread.
    pub fn start() -> Self {
        let (alive, gone) = mpsc::channel();
        let test = thread::current().name().unwrap_or("a test").to_owned();
        thread::spawn(move || {
            if gone.recv_timeout(TEST) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{test} hangs: it has run for {TEST:?}");
                std::process::abort();
            }
        });
        Self { _alive: alive }
    }
}

//! Where futures run: one thread, and a clock that goes forward at once when nothing else is left to do.

use std::future::Future;

use tokio::runtime::Builder;

/// Runs a future to its end.
///
/// Nothing of one input goes on into the next: what the future leaves behind ends with it, and chance is the same each
/// time.
pub fn run<F: Future>(future: F) -> F::Output {
    fastrand::seed(7);
    let runtime =
        Builder::new_current_thread().enable_time().start_paused(true).build().expect("one thread can be had");
    runtime.block_on(future)
}

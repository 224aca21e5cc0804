//! Where futures run: one thread, and a clock that goes forward at once when nothing else is left to do.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

/// Runs a future to its end.
pub fn run<F: Future>(future: F) -> F::Output {
    thread_local!(static RUNTIME: Runtime = runtime());
    RUNTIME.with(|runtime| runtime.block_on(future))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("one thread can be had")
}

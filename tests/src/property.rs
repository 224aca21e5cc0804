//! What tests with generated cases share.

use std::time::Duration;

use tokio::{runtime::Builder, task::yield_now, time::timeout};

/// Longer than any case takes on its paused clock, which goes on only when nothing else can happen: a case that waits in
/// vain is over at once.
const CASE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Runs one generated case on a runtime of its own: one thread, a paused clock, and the same jitter each time, so that
/// a case which fails does so again.
///
/// # Panics
///
/// If the case does not end.
pub fn run<F: Future>(case: F) -> F::Output {
    fastrand::seed(7);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async { timeout(CASE, case).await.expect("the case ends") })
}

/// Lets everybody else have so many turns.
pub async fn turns(count: usize) {
    for _ in 0..count {
        yield_now().await;
    }
}

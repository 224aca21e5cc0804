//! Work that may block for ever: a file system that does not answer, a keyring that waits for a person.

use std::{sync::Arc, thread};

use tokio::sync::{Semaphore, oneshot};

use super::StoreError;

/// A store's thread: one at a time, which lives as long as its work. On the runtime's own threads for blocking work it
/// would keep the runtime from ending.
///
/// # Clone
///
/// Clones take turns.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    turn: Arc<Semaphore>,
}

impl Default for Worker {
    fn default() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)) }
    }
}

impl Worker {
    /// Does the work. Once begun it goes on to its end, whoever has lost interest; more work waits until then.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let failed = |error| StoreError::with_source("the store could not begin its work", error);
        let turn = Arc::clone(&self.turn).acquire_owned().await;
        let turn = turn.map_err(|error| StoreError::with_source("the store was interrupted", error))?;
        let (outcome, finished) = oneshot::channel();
        let work = move || {
            let done = work();
            drop(turn);
            // Nobody may be interested any more.
            let _ = outcome.send(done);
        };
        thread::Builder::new().name("auth-runtime store".to_owned()).spawn(work).map_err(failed)?;
        finished.await.unwrap_or_else(|error| Err(StoreError::with_source("the store was interrupted", error)))
    }
}

#[cfg(all(feature = "flyte", feature = "keyring"))]
impl Worker {
    /// Whether there is work that has not ended.
    pub(super) fn is_busy(&self) -> bool {
        self.turn.available_permits() == 0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_blocks_for_ever_costs_one_thread_and_keeps_no_runtime_from_ending() {
        let (begin, wait) = mpsc::channel::<()>();
        let worker = Worker::default();
        let ended = thread::spawn({
            let worker = worker.clone();
            move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
                let (begun, has_begun) = oneshot::channel();
                let stuck = worker.clone();
                runtime.spawn(async move {
                    stuck
                        .run(move || {
                            let _ = begun.send(());
                            let _ = wait.recv();
                            Ok(())
                        })
                        .await
                });
                runtime.block_on(has_begun).unwrap();
                // Waits for blocking work of the runtime's own.
                drop(runtime);
            }
        });
        tokio::task::spawn_blocking(move || ended.join()).await.unwrap().unwrap();

        let mut next = Box::pin(worker.run(|| Ok("next")));
        assert!(futures_poll(&mut next).is_pending(), "one at a time");
        begin.send(()).unwrap();
        assert_eq!(next.await.unwrap(), "next");
    }

    fn futures_poll<F: Future + Unpin>(future: &mut F) -> std::task::Poll<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        std::pin::Pin::new(future).poll(&mut context)
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_the_next_goes_on() {
        let worker = Worker::default();
        let broken =
            worker.run(|| -> Result<(), StoreError> { std::panic::resume_unwind(Box::new("as the test wants")) });
        assert!(broken.await.unwrap_err().to_string().contains("the store was interrupted"));
        assert_eq!(worker.run(|| Ok(1)).await.unwrap(), 1);
    }
}

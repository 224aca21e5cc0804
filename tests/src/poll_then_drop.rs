//! Cancellation at every point where a future can be cancelled.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Polls a future up to `polls` times, letting the runtime do its work in between, and drops it then.
///
/// The output, if the future was ready by that time.
pub async fn poll_then_drop<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        // No waker: whether the future asks to be polled again is not the question here, each poll is.
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Drops the futures that `make` makes after 0, 1, 2, .. polls, until one of them ends before it is dropped.
///
/// `after` is called with the number of polls behind each drop, to check that nothing was broken by it. The last
/// future's output.
///
/// # Panics
///
/// If no future ends within `limit` polls.
pub async fn drop_at_every_poll<F, A>(
    limit: usize,
    mut make: impl FnMut() -> F,
    mut after: impl FnMut(usize) -> A,
) -> F::Output
where
    F: Future,
    A: Future<Output = ()>,
{
    for polls in 0..=limit {
        let output = poll_then_drop(make(), polls).await;
        match output {
            Some(output) => return output,
            None => after(polls).await,
        }
    }
    panic!("not ready within {limit} polls");
}

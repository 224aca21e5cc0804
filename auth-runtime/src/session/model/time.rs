//! What stands in for tokio's clock and timers: time that passes when a test says so.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

// Not the checker's: all tasks of an execution run on one thread of the system.
thread_local! {
    static TIME: RefCell<Time> = RefCell::new(Time::new());
}

struct Time {
    start: Instant,
    passed: Duration,
    sleepers: Vec<(Instant, Waker)>,
    /// Whoever lets time pass for the next sleeper.
    watchers: Vec<Waker>,
}

impl Time {
    fn new() -> Self {
        Self { start: Instant::now(), passed: Duration::ZERO, sleepers: Vec::new(), watchers: Vec::new() }
    }
}

/// What timers of tokio end with.
#[derive(Debug)]
pub(crate) struct Elapsed;

/// A new execution begins.
pub(super) fn begin() {
    let before = TIME.replace(Time::new());
    drop(before);
}

pub(crate) fn now() -> Instant {
    TIME.with_borrow(|time| time.start + time.passed)
}

/// The wall clock, which keeps up with the other one.
pub(super) fn wall() -> SystemTime {
    TIME.with_borrow(|time| SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) + time.passed)
}

/// Lets time pass, for everybody.
pub(super) fn pass(duration: Duration) {
    shuttle::thread::yield_now();
    let sleepers = TIME.with_borrow_mut(|time| {
        time.passed += duration;
        let now = time.start + time.passed;
        time.sleepers.extract_if(.., |(until, _)| *until <= now).collect::<Vec<_>>()
    });
    sleepers.into_iter().for_each(|(_, sleeper)| sleeper.wake());
}

/// Lets time pass whenever somebody sleeps, at some moment, to the end of the shortest sleep, but never so far that
/// those wake who sleep for longer than `horizon`.
pub(super) async fn pass_for_sleepers(horizon: Duration) {
    loop {
        let next = poll_fn(|context| {
            TIME.with_borrow_mut(|time| {
                let now = time.start + time.passed;
                let next = time.sleepers.iter().map(|(until, _)| until.saturating_duration_since(now)).min();
                match next.filter(|next| *next <= horizon) {
                    Some(next) => Poll::Ready(next),
                    None => {
                        time.watchers.push(context.waker().clone());
                        Poll::Pending
                    }
                }
            })
        });
        pass(next.await);
    }
}

pub(crate) async fn sleep_until(deadline: Instant) {
    poll_fn(|context| poll_at(deadline, context)).await;
}

pub(crate) async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    timeout_at(now() + duration, future).await
}

pub(crate) async fn timeout_at<F: Future>(deadline: Instant, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => poll_at(deadline, context).map(|()| Err(Elapsed)),
    })
    .await
}

fn poll_at(deadline: Instant, context: &Context<'_>) -> Poll<()> {
    let watchers = TIME.with_borrow_mut(|time| {
        (deadline > time.start + time.passed).then(|| {
            let asleep = |(until, sleeper): &(Instant, Waker)| *until == deadline && sleeper.will_wake(context.waker());
            if !time.sleepers.iter().any(asleep) {
                time.sleepers.push((deadline, context.waker().clone()));
            }
            std::mem::take(&mut time.watchers)
        })
    });
    match watchers {
        Some(watchers) => {
            watchers.into_iter().for_each(Waker::wake);
            Poll::Pending
        }
        None => Poll::Ready(()),
    }
}

//! The session under a model checker: its own code, with locks, tasks and timers that let the checker choose who runs
//! next at each of their uses, in thousands of ways.
//!
//! Built and run by `tests/model/run`; no other build has any of this. `MODEL_ITERATIONS` says how many ways each test
//! tries, for each of two strategies. A test that fails prints the way that it went: with it in `MODEL_SCHEDULE`, that
//! test goes it again.
//!
//! Channels and semaphores are tokio's own and each use of one is a single step: tokio checks them itself.

pub(super) mod arc_swap;
mod call;
mod failures;
mod logouts;
mod rejections;
pub(super) mod runtime;
mod runtimes;
mod stores;
pub(super) mod time;
mod world;

use std::{future::poll_fn, sync::Arc, task::Poll};

use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler},
};

/// Enough to find each of the mistakes that were made on purpose to see whether the tests find them.
const ITERATIONS: usize = 2000;

/// How often the second strategy lets somebody else run first: bugs that take more than a few such turns are rare.
const DEPTH: usize = 4;

/// Lets others run, or not. A yield of the checker's would always put this task behind all others.
async fn pause() {
    let mut paused = false;
    poll_fn(|context| match std::mem::replace(&mut paused, true) {
        true => Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

/// Runs a scenario in many ways.
fn check(scenario: impl Fn() + Send + Sync + 'static) {
    let scenario = Arc::new(scenario);
    if let Ok(schedule) = std::env::var("MODEL_SCHEDULE") {
        return run(ReplayScheduler::new_from_encoded(&schedule), &scenario);
    }
    let iterations = std::env::var("MODEL_ITERATIONS").map_or(ITERATIONS, |text| text.parse().unwrap());
    run(RandomScheduler::new(iterations), &scenario);
    run(PctScheduler::new(DEPTH, iterations), &scenario);
}

fn run(scheduler: impl Scheduler + 'static, scenario: &Arc<impl Fn() + Send + Sync + 'static>) {
    let mut config = Config::new();
    config.stack_size = 256 * 1024;
    config.ungraceful_shutdown_config.immediately_return_on_panic = true;
    let scenario = Arc::clone(scenario);
    Runner::new(scheduler, config).run(move || {
        // A schedule repeats nothing but the order of steps.
        fastrand::seed(0);
        time::begin();
        scenario();
    });
}

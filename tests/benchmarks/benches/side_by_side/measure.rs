//! Runs the contenders in turn.

use std::time::{Duration, Instant};

use benchmarks::{
    variant::Variant,
    work::{Work, Worker},
};
use rustix::time::{ClockId, clock_gettime};

/// Long against the clock's resolution and a task's start, short against drift.
const BATCH: Duration = Duration::from_millis(10);

const FEWEST_ROUNDS: usize = 11;
const MOST_ROUNDS: usize = 1001;

/// What each contender took for one call, round by round.
pub(crate) struct Measured {
    pub(crate) variant: Variant,
    /// Seconds on the clock.
    pub(crate) wall: Vec<f64>,
    /// Seconds of all processors, the server's thread included.
    pub(crate) processor: Vec<f64>,
}

/// Runs rounds for so long; just one without a budget.
pub(crate) async fn rounds(
    contenders: &[(Variant, Box<dyn Worker>)],
    work: &Work,
    budget: Option<Duration>,
) -> Vec<Measured> {
    let mut measured: Vec<_> = contenders
        .iter()
        .map(|(variant, _)| Measured { variant: *variant, wall: Vec::new(), processor: Vec::new() })
        .collect();
    let (calls, rounds) = match budget {
        None => (work.callers, 1),
        Some(budget) => plan(contenders, work, budget).await,
    };
    let mut order: Vec<usize> = (0..contenders.len()).collect();
    for _ in 0..rounds {
        fastrand::shuffle(&mut order);
        for &position in &order {
            let (wall, processor) = time(&*contenders[position].1, work, calls).await;
            measured[position].wall.push(wall);
            measured[position].processor.push(processor);
        }
    }
    measured
}

/// Warms each contender up, and finds out how many calls make a batch and how many rounds fit.
async fn plan(contenders: &[(Variant, Box<dyn Worker>)], work: &Work, budget: Duration) -> (usize, usize) {
    let mut calls = work.callers;
    loop {
        let (seconds, _) = time(&*contenders[0].1, work, calls).await;
        let batch = seconds * calls as f64;
        if batch >= BATCH.as_secs_f64() {
            break;
        }
        calls = calls.saturating_mul(2);
    }
    let mut round = 0.0;
    for (_, worker) in contenders {
        round += time(&**worker, work, calls).await.0 * calls as f64;
    }
    let rounds = (budget.as_secs_f64() / round) as usize;
    (calls, rounds.clamp(FEWEST_ROUNDS, MOST_ROUNDS))
}

/// Seconds for each call: on the clock, and of the processors.
async fn time(worker: &dyn Worker, work: &Work, calls: usize) -> (f64, f64) {
    let (wall, processor) = (Instant::now(), processor_seconds());
    worker.run(work, calls).await;
    let calls = calls as f64;
    (wall.elapsed().as_secs_f64() / calls, (processor_seconds() - processor) / calls)
}

fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

//! When a fleet of processes that started together refreshes its tokens.

use std::time::Duration;

use auth_runtime::{__private::refresh_window, limits::Limits};

/// How many processes there are.
pub const PROCESSES: usize = 10_000;

/// How long their tokens last.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// How long they run.
pub const RUN: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the provider takes for a refresh.
const LATENCY: Duration = Duration::from_millis(200);

/// How many refreshes the provider sees in each second, from the first login on.
///
/// Each process calls all the time, which is the worst case: it refreshes as soon as its window opens. `jitter` gives a
/// random number from 0 to 1 for each token, as the session draws it.
pub fn refreshes_per_second(mut jitter: impl FnMut() -> f64) -> Vec<u32> {
    let (mut seconds, limits) = (vec![0; usize::try_from(RUN.as_secs()).unwrap()], Limits::default());
    for _ in 0..PROCESSES {
        let mut now = Duration::ZERO;
        while let Some(second) = seconds.get_mut(usize::try_from(now.as_secs()).unwrap()) {
            *second += 1;
            // The lifetime counts from the request.
            now += (LIFETIME - refresh_window(LIFETIME, &limits, jitter())).max(LATENCY);
        }
    }
    seconds
}

/// The most refreshes in one second, the logins at the start left out.
pub fn peak(seconds: &[u32]) -> u32 {
    seconds.iter().skip(1).copied().max().unwrap_or_default()
}

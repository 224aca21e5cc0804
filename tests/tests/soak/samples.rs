//! What the process holds while nothing happens.

use std::{alloc::System, fmt, time::Duration};

use cap::Cap;
use tests::guard::within_reason;
use tokio::{runtime::Handle, time::sleep};

/// Counts the bytes that are allocated.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) live_bytes: usize,
    pub(crate) tasks: usize,
    resident_kib: Option<usize>,
}

impl Sample {
    /// Taken when what is left of calls and logins has ended, which shows in the number of tasks: there are no more
    /// than in any of the samples `before`. If that never comes, the test fails here.
    pub(crate) async fn take(before: &[Self]) -> Self {
        let metrics = Handle::current().metrics();
        let fewest = before.iter().map(|sample| sample.tasks).min().unwrap_or(usize::MAX);
        let ended = async {
            while metrics.num_alive_tasks() > fewest {
                sleep(Duration::from_millis(10)).await;
            }
        };
        within_reason("tasks to end that the calls have left behind", ended).await;
        Self { live_bytes: ALLOCATOR.allocated(), tasks: metrics.num_alive_tasks(), resident_kib: resident_kib() }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7} KiB live, {} tasks", self.live_bytes / 1024, self.tasks)?;
        self.resident_kib.map_or(Ok(()), |kib| write!(f, ", {kib:>7} KiB resident"))
    }
}

/// Where the system tells.
fn resident_kib() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
}

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
    /// Taken when what is left of calls and logins has ended, which shows in the number of tasks: it is that of the
    /// `first` sample again. If it never is, the test fails here.
    pub(crate) async fn take(first: Option<&Self>) -> Self {
        let metrics = Handle::current().metrics();
        if let Some(first) = first {
            let back_again = async {
                while metrics.num_alive_tasks() > first.tasks {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            within_reason("tasks to end that the calls have left behind", back_again).await;
        }
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

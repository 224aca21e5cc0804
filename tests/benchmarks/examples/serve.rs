//! The server of the benchmarks, in a process of its own.
//!
//! ```sh
//! cargo run --release -p benchmarks --example serve    # prints its address, and serves until its input ends
//! ```
//!
//! It answers each line of its input with the nanoseconds that it has taken of the processor's time.

use std::io::BufRead as _;

use rustix::time::{ClockId, clock_gettime};

fn main() -> std::io::Result<()> {
    println!("{}", benchmarks::server::start());
    for line in std::io::stdin().lock().lines() {
        line?;
        let time = clock_gettime(ClockId::ProcessCPUTime);
        println!("{}", time.tv_sec * 1_000_000_000 + time.tv_nsec);
    }
    Ok(())
}

//! One variant of the client in a process of its own, for `tests/benchmarks/beside/run`.
//!
//! ```sh
//! beside VARIANT ADDRESS KEY    # says `ready`; answers `CALLERS CALLS` with nanoseconds on the clock and of the processor
//! ```
#![allow(clippy::unwrap_used, clippy::panic, reason = "a program to be run by a script")]

use std::{io::BufRead as _, time::Instant};

use benchmarks::{
    variant::Variant,
    work::{Kind, Work},
};
use rustix::time::{ClockId, clock_gettime};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [variant, address, key] = &*arguments else { panic!("usage: beside VARIANT ADDRESS KEY") };
    let variant = Variant::ALL.into_iter().find(|known| known.name() == variant).unwrap();
    let key = ["authorization", "flyte-authorization"].into_iter().find(|known| known == key).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(variant.connected(&format!("http://{address}"), key));
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (callers, calls) = line.split_once(' ').unwrap();
        let work = Work { callers: callers.parse().unwrap(), ..Work::new(Kind::Unary, 64) };
        let (begun, processor) = (Instant::now(), processor_nanoseconds());
        runtime.block_on(client.run(&work, calls.parse().unwrap()));
        println!("{} {}", begun.elapsed().as_nanos(), processor_nanoseconds() - processor);
    }
}

fn processor_nanoseconds() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

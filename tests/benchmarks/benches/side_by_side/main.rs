//! All variants of a client side by side, as ratios to the client that tonic generates.
//!
//! ```sh
//! cargo bench -p benchmarks --bench side_by_side                    # everything
//! cargo bench -p benchmarks --bench side_by_side -- loopback 64B    # the cells whose name has both words
//! cargo bench -p benchmarks --bench side_by_side -- --seconds 5     # for each cell, instead of 10
//! ```
//!
//! A benchmark harness that measures one variant after the other compares minutes that differ: the clock of the
//! processor and its other work drift. Here each round runs all variants, one short batch each, in an order that is
//! shuffled anew, and the ratio is taken within the round. The median of these ratios is what is printed, with its
//! 95 % confidence interval. The baseline runs twice: by what `plain-again` differs from 1 the others may differ too.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has no result")]

mod cells;
mod measure;
mod table;

use std::time::Duration;

use benchmarks::server;

fn main() {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` does not say it: then everything runs once, to see that it does.
    let measuring = words.iter().any(|word| word == "--bench");
    words.retain(|word| word != "--bench");
    let seconds = match words.iter().position(|word| word == "--seconds") {
        Some(position) => words.drain(position..position + 2).next_back().unwrap().parse().unwrap(),
        None => 10,
    };
    let budget = measuring.then(|| Duration::from_secs(seconds));
    // The client's work is on this thread, the server's on its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let endpoint = format!("http://{}", server::start());
    for cell in cells::all() {
        let name = cell.name();
        if words.iter().any(|word| !name.contains(&**word)) {
            continue;
        }
        runtime.block_on(async {
            let mut contenders = Vec::new();
            for variant in cell.variants() {
                let worker = if cell.loopback {
                    variant.connected(&endpoint, cell.key).await
                } else {
                    variant.worker(cell.canned(), &endpoint, cell.key)
                };
                contenders.push((variant, worker));
            }
            let rounds = measure::rounds(&contenders, &cell.work, budget).await;
            table::print(&name, &cell.work, &rounds);
        });
    }
}

//! The server of the benchmarks, for clients in other languages.
//!
//! ```sh
//! cargo run --release -p benchmarks --example serve    # prints its address, and serves until its input ends
//! ```

fn main() -> std::io::Result<()> {
    println!("{}", benchmarks::server::start());
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).map(drop)
}

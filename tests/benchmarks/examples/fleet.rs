//! Draws how many tokens a fleet refreshes over a day, with the jitter of the refresh window and without.
//!
//! ```sh
//! cargo run --release -p benchmarks --example fleet    # writes docs/fleet.svg
//! ```

use std::{error::Error, path::Path};

use benchmarks::fleet::{PROCESSES, peak, refreshes_per_second};
use plotters::prelude::*;

const WIDTH: u32 = 900;
const HEIGHT: u32 = 560;

fn main() -> Result<(), Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fleet.svg");
    // The same fleet in each run, so that the file only changes with the session.
    let mut random = fastrand::Rng::with_seed(1);
    let without = refreshes_per_second(|| 0.0);
    let with = refreshes_per_second(|| random.f64());
    let root = SVGBackend::new(&file, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE)?;
    for (panel, (name, seconds)) in
        root.split_evenly((2, 1)).iter().zip([("without jitter", &without), ("with jitter", &with)])
    {
        let most = peak(seconds);
        println!("{name}: at most {most} refreshes a second");
        let caption = format!("{PROCESSES} processes, {name}: at most {most} refreshes a second after the start");
        let mut chart = ChartBuilder::on(panel)
            .caption(caption, ("sans-serif", 16))
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..24.0, 0..most + most / 10)?;
        chart.configure_mesh().x_desc("hours").y_desc("refreshes a second").x_labels(13).y_labels(6).draw()?;
        chart.draw_series(LineSeries::new(busiest_seconds(seconds), &BLUE))?;
    }
    root.present()?;
    Ok(())
}

/// The busiest second of each minute: a day of single seconds is more than a picture can show.
fn busiest_seconds(seconds: &[u32]) -> impl Iterator<Item = (f64, u32)> {
    seconds
        .chunks(60)
        .enumerate()
        .skip(1)
        .map(|(minute, seconds)| (minute as f64 / 60.0, seconds.iter().copied().max().unwrap_or_default()))
}

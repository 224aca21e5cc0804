//! Prints what was measured, as Markdown.

use benchmarks::{variant::Variant, work::Work};

use crate::measure::Measured;

/// Prints one cell.
pub(crate) fn print(name: &str, work: &Work, measured: &[Measured]) {
    let of = |wanted: Variant| measured.iter().find(|measured| measured.variant == wanted).unwrap();
    let (plain, interceptor) = (of(Variant::Plain), of(Variant::Interceptor));
    let unit = if work.messages > 1 { "stream" } else { "call" };
    println!("\n### {name} ({} rounds)\n", plain.wall.len());
    println!("| variant | time a {unit} | to plain | 95 % | processor time, to plain | to interceptor |");
    println!("|---|---|---|---|---|---|");
    for contender in measured {
        let mut to_plain = ratios(&contender.wall, &plain.wall);
        let (low, high) = confidence_of_median(&mut to_plain);
        println!(
            "| {} | {} | {:.3} | {low:.3} to {high:.3} | {:.3} | {:.3} |",
            contender.variant.name(),
            time(median(&mut contender.wall.clone())),
            median(&mut to_plain),
            median(&mut ratios(&contender.processor, &plain.processor)),
            median(&mut ratios(&contender.wall, &interceptor.wall)),
        );
    }
}

fn ratios(of: &[f64], to: &[f64]) -> Vec<f64> {
    of.iter().zip(to).map(|(of, to)| of / to).collect()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The order statistics that enclose the median in 95 of 100 cases, whatever the distribution.
fn confidence_of_median(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let (count, middle) = (values.len(), values.len() / 2);
    let reach = (0.98 * (count as f64).sqrt()).ceil() as usize;
    (values[middle.saturating_sub(reach)], values[(middle + reach).min(count - 1)])
}

fn time(seconds: f64) -> String {
    match seconds {
        _ if seconds < 1e-6 => format!("{:.0} ns", seconds * 1e9),
        _ if seconds < 1e-3 => format!("{:.2} us", seconds * 1e6),
        _ => format!("{:.2} ms", seconds * 1e3),
    }
}

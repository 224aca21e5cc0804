//! Go's durations: what flytectl's configuration writes as `5m` or `1h30m`.

use std::time::Duration;

const UNITS: [(&str, f64); 8] = [
    // Those that others end with come first.
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("h", 3600.0),
    ("m", 60.0),
    ("s", 1.0),
];

/// Reads what Go's `time.ParseDuration` reads, but for negative durations.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    rest = rest.strip_prefix('+').unwrap_or(rest);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (number, tail) = rest.split_at(digits);
        // `f64` would also read "." apart from digits, "inf" and exponents, none of which pass the search above.
        let number: f64 = number.parse().ok()?;
        let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| tail.starts_with(unit))?;
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = &tail[unit.len()..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let cases = [
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("250ms", 250),
            ("1m0.5s", 60_500),
            ("0", 0),
            ("0s", 0),
            (" +2s ", 2_000),
            ("1500000us", 1_500),
            ("1500000µs", 1_500),
            ("1000000ns", 1),
        ];
        for (text, milliseconds) in cases {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_go_does_not_read_is_no_duration() {
        for text in ["", "5", "m", "-5m", "5 m", "5d", "5mm", "1e3s", "..s", "five", "5m5", "infs", "1.2.3s", "5m 3s"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&format!("{}h", "9".repeat(400))), None);
    }
}

//! By when a call must be over: its own `grpc-timeout`, or what the authenticator was told.
//!
//! tonic's channel starts the full timeout anew with each attempt, and watches it until the head of a response. Here it
//! bounds the whole call, to the last trailer: what a login or a first attempt used up is taken from what the next
//! attempt may take.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    runtime::Handle,
    time::{Instant, Sleep, sleep_until},
};
use tonic::Status;

pub(crate) const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The gRPC protocol allows at most eight digits.
const MAX_VALUE: u128 = 99_999_999;

/// When a call must be over, and the timer that says so.
#[derive(Debug)]
pub(crate) struct Deadline {
    at: Instant,
    /// Made when something has to be waited for.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    pub(crate) fn at(at: Instant) -> Self {
        Self { at, timer: None }
    }

    /// Ready when the time is up.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        if self.timer.is_none() && Handle::try_current().is_ok() {
            self.timer = Some(Box::pin(sleep_until(self.at)));
        }
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(cx).map(|()| exceeded()),
            // Outside of a runtime nothing keeps the time.
            None => Poll::Pending,
        }
    }

    /// Whether it is this time.
    pub(crate) fn is_at(&self, at: Instant) -> bool {
        self.at == at
    }

    /// Whether the time is up.
    pub(crate) fn is_over(&self) -> bool {
        is_over(self.at)
    }
}

/// Whether it is later than this.
pub(crate) fn is_over(deadline: Instant) -> bool {
    deadline <= Instant::now()
}

/// The status of a call whose time is up, whoever noticed it.
pub(crate) fn exceeded() -> Status {
    Status::deadline_exceeded("the call's deadline passed before it had a response")
}

/// When a call must be over. `None` for a header that is not valid: tonic ignores those too.
pub(crate) fn after(timeout: &HeaderValue) -> Option<Instant> {
    let duration = parse(timeout.to_str().ok()?)?;
    Instant::now().checked_add(duration)
}

/// Tells the server what is left, rounded down.
pub(crate) fn rewrite(headers: &mut HeaderMap, deadline: Instant) {
    let left = deadline.saturating_duration_since(Instant::now());
    if let Ok(value) = HeaderValue::try_from(format(left)) {
        headers.insert(GRPC_TIMEOUT, value);
    }
}

/// Keeps a deadline out of HTTP/2's table of headers: it differs with each call, and would take the place of what does not.
/// The mark is the one way to say so.
pub(crate) fn keep_unindexed(headers: &mut HeaderMap) {
    if let Some(timeout) = headers.get_mut(&GRPC_TIMEOUT) {
        timeout.set_sensitive(true);
    }
}

fn parse(value: &str) -> Option<Duration> {
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 60 * 60),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

fn format(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let units = [("n", 1), ("u", 1_000), ("m", 1_000_000), ("S", 1_000_000_000), ("M", 60_000_000_000)];
    for (unit, length) in units {
        if nanoseconds / length <= MAX_VALUE {
            return format!("{}{unit}", nanoseconds / length);
        }
    }
    format!("{}H", (nanoseconds / 3_600_000_000_000).min(MAX_VALUE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_unit_and_refuses_what_the_protocol_does_not_allow() {
        assert_eq!(parse("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(parse("2M"), Some(Duration::from_secs(120)));
        assert_eq!(parse("3S"), Some(Duration::from_secs(3)));
        assert_eq!(parse("4m"), Some(Duration::from_millis(4)));
        assert_eq!(parse("5u"), Some(Duration::from_micros(5)));
        assert_eq!(parse("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for invalid in ["", "S", "1", "1s", "+1S", "-1S", "100000000S", "1 S", "é", "1é"] {
            assert_eq!(parse(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn writes_what_it_reads_rounded_down_in_at_most_eight_digits() {
        for nanoseconds in [0, 1, 99_999_999, 100_000_000, 1_999_999_999, 100_000_000_000, u64::MAX] {
            let given = Duration::from_nanos(nanoseconds);
            let text = format(given);
            assert!(text.len() <= 9, "{text}");
            let read = parse(&text).unwrap_or_default();
            assert!(read <= given && read >= given.mul_f64(0.99), "{text}");
        }
    }
}

//! How long a provider asks to be left alone.

use std::time::{Duration, SystemTime};

use http::HeaderValue;

/// `Retry-After` (RFC 9110 section 10.2.3): seconds or a date, `longest` at most.
pub(super) fn retry_after(value: &HeaderValue, longest: Duration) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    let given = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).ok()?,
    };
    Some(given.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    fn read(text: &str) -> Option<Duration> {
        HeaderValue::from_str(text).ok().as_ref().and_then(|value| retry_after(value, limits::RETRY_AFTER_MAX))
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_bounded() {
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("99999999999"), Some(limits::RETRY_AFTER_MAX));
        let in_a_day = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
        assert_eq!(read(&httpdate::fmt_http_date(in_a_day)), Some(limits::RETRY_AFTER_MAX));
        let soon = read(&httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(300)));
        assert!(
            soon.is_some_and(|wait| wait <= Duration::from_secs(300) && wait > Duration::from_secs(60)),
            "{soon:?}"
        );
    }

    #[test]
    fn a_retry_after_that_is_past_or_makes_no_sense_is_ignored() {
        for text in ["Fri, 31 Dec 1999 23:59:59 GMT", "-1", "soon", "", "1e9", "99999999999999999999999"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

//! An HTTP answer as a text, so that seeds can be read and libFuzzer's changes stay in place:
//!
//! ```text
//! 200
//! content-type: application/json
//!
//! {"access_token": "token"}
//! ```

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

/// The answer in a text. What is no status or header is left out: no connection would have let it through.
pub fn parse(text: &[u8]) -> Response<Vec<u8>> {
    let (status, rest) = line(text);
    let (headers, body) = headers(rest);
    let mut answer = Response::new(body.to_vec());
    *answer.status_mut() = StatusCode::from_bytes(status).unwrap_or_default();
    *answer.headers_mut() = headers;
    answer
}

/// Header lines up to an empty one, and what follows it.
pub fn headers(mut text: &[u8]) -> (HeaderMap, &[u8]) {
    let mut headers = HeaderMap::new();
    loop {
        let (header, rest) = line(text);
        text = rest;
        if header.is_empty() {
            return (headers, text);
        }
        let Some(colon) = header.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&header[..colon], header[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
}

/// The first line, and what follows it.
pub fn line(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &[]),
    }
}

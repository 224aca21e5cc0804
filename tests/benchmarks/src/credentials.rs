//! The token that all variants send.

use auth_runtime::{Authenticator, Credentials};
use http::HeaderValue;

/// As many bytes as a real JWT has.
pub const TOKEN_BYTES: usize = 1536;

/// The token.
pub fn token() -> String {
    "eyJhbGciOiJSUzI1NiJ9.".chars().chain(std::iter::repeat('a')).take(TOKEN_BYTES).collect()
}

/// The header value, for the variants that are not ours.
pub fn header_value() -> HeaderValue {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token())).unwrap();
    value.set_sensitive(true);
    value
}

/// An authenticator with a good token.
pub fn authenticator(endpoint: &str, header_key: &str) -> Authenticator {
    Authenticator::builder(endpoint)
        .header_key(header_key)
        .credentials(Credentials::new(token()).with_expires_in(std::time::Duration::from_secs(3600)))
        .build()
        .unwrap()
}

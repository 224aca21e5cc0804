//! The token that all variants send.

use std::time::Duration;

use auth_runtime::{Authenticator, AuthenticatorBuilder, Credentials};

/// As many bytes as a real JWT has.
pub const TOKEN_BYTES: usize = 1536;

/// The token.
pub fn token() -> String {
    "eyJhbGciOiJSUzI1NiJ9.".chars().chain(std::iter::repeat('a')).take(TOKEN_BYTES).collect()
}

/// An authenticator with a good token.
pub fn authenticator(endpoint: &str, header_key: &str) -> Authenticator {
    builder(endpoint, header_key).build().unwrap()
}

/// The same, which lets HTTP/2 index the token over its own connections, and may have an interval of its own for pings.
pub fn indexing(endpoint: &str, header_key: &str, pings: Option<Duration>) -> Authenticator {
    let builder = builder(endpoint, header_key).index_token(true);
    match pings {
        Some(interval) => builder.keep_alive_interval(interval),
        None => builder,
    }
    .build()
    .unwrap()
}

fn builder(endpoint: &str, header_key: &str) -> AuthenticatorBuilder {
    Authenticator::builder(endpoint)
        .header_key(header_key)
        .credentials(Credentials::new(token()).with_expires_in(Duration::from_secs(3600)))
}

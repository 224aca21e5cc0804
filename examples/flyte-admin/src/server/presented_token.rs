//! Which token a call presents.

use axum::http::{HeaderMap, HeaderValue, header};

use super::rejection::Rejection;

/// The metadata key that this server publishes, as flyteadmin does by default.
pub(super) const AUTHORIZATION_METADATA_KEY: &str = "flyte-authorization";

/// Flyteadmin appends its own key's value to those of `authorization` and takes the first of them all. So an
/// `authorization` that somebody else put there wins.
pub(super) fn presented_token(headers: &HeaderMap) -> Result<&str, Rejection> {
    let value = headers
        .get(header::AUTHORIZATION)
        .or_else(|| headers.get(AUTHORIZATION_METADATA_KEY))
        .map(HeaderValue::to_str)
        .ok_or(Rejection::NoToken)?
        .map_err(|_| Rejection::NoScheme)?;
    let (scheme, token) = value.split_once(' ').ok_or(Rejection::NoScheme)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token) } else { Err(Rejection::NoToken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(key, value): &(&'static str, &'static str)| {
            (header::HeaderName::from_static(key), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn authorization_wins_over_the_published_key() {
        let both = headers(&[("flyte-authorization", "Bearer second"), ("authorization", "Bearer first")]);
        assert_eq!(presented_token(&both), Ok("first"));
    }

    #[test]
    fn the_published_key_serves_alone_and_the_scheme_in_any_case() {
        assert_eq!(presented_token(&headers(&[("flyte-authorization", "bEARER token")])), Ok("token"));
    }

    #[test]
    fn what_carries_no_bearer_token_is_turned_away() {
        assert_eq!(presented_token(&headers(&[])), Err(Rejection::NoToken));
        assert_eq!(presented_token(&headers(&[("authorization", "Basic eDp5")])), Err(Rejection::NoToken));
        assert_eq!(presented_token(&headers(&[("authorization", "token")])), Err(Rejection::NoScheme));
    }
}

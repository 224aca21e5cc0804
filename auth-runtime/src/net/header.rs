//! The header that carries the credentials: which key may be used and which value can be sent.

use http::{HeaderName, HeaderValue, header};
use secrecy::ExposeSecret as _;

use crate::{AuthError, Credentials, limits::INDEXED_TOKEN_LENGTH};

/// What a request carries: key and value, the value marked sensitive.
#[derive(Debug, Clone)]
pub(crate) struct AuthHeader {
    pub(crate) key: HeaderName,
    pub(crate) value: HeaderValue,
    /// Whether HTTP/2 may index it, where the channel allows that.
    indexable: bool,
}

impl AuthHeader {
    /// The header of these credentials.
    ///
    /// # Errors
    ///
    /// Those of [`parse_key`] and [`value`].
    pub(crate) fn new(key: &str, credentials: &Credentials, max_token_bytes: usize) -> Result<Self, AuthError> {
        let (key, value) = (parse_key(key)?, value(credentials, max_token_bytes)?);
        let indexable = key != header::AUTHORIZATION
            && credentials.token_type().is_none_or(|given| given.eq_ignore_ascii_case(BEARER))
            && credentials.access_token().expose_secret().len() >= INDEXED_TOKEN_LENGTH;
        Ok(Self { key, value, indexable })
    }

    /// The value for a request. Where `index` says that the channel is for these credentials alone, it comes without the
    /// mark, which is what keeps it out of HTTP/2's table: such a request goes to our own connection, and to nobody who
    /// could print it.
    #[inline]
    pub(crate) fn value_to_send(&self, index: bool) -> HeaderValue {
        let mut value = self.value.clone();
        value.set_sensitive(!(index && self.indexable));
        value
    }
}

const BEARER: &str = "Bearer";

/// Headers that people copy whole.
const AUTHORIZATION: [&str; 2] = ["authorization", "proxy-authorization"];

/// What people copy along with a token from a header: schemes (RFC 9110 section 11.1).
const SCHEMES: [&str; 5] = [BEARER, "Basic", "Token", "DPoP", "Negotiate"];

/// Headers that belong to HTTP/2 (RFC 9113 section 8.2.2), to gRPC or to tonic itself: credentials there would break the
/// call or be dropped.
const RESERVED: [HeaderName; 13] = [
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::USER_AGENT,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Checks a header key and lower-cases it.
///
/// An empty key means the default, `authorization`: servers publish an empty one when none is configured.
///
/// # Errors
///
/// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a key that is no header name, belongs to HTTP/2 or gRPC, or ends in `-bin` (gRPC
/// reads those as base64).
pub(crate) fn parse_key(key: &str) -> Result<HeaderName, AuthError> {
    let refuse = |reason: String| AuthError::configuration("header key", reason);
    if key.is_empty() {
        return Ok(header::AUTHORIZATION);
    }
    let name = HeaderName::from_bytes(key.as_bytes())
        .map_err(|_| refuse(format!("`{}` is not a header name; use letters, digits and `-`", key.escape_debug())))?;
    if name.as_str().starts_with("grpc-") || RESERVED.contains(&name) {
        return Err(refuse(format!("`{name}` is reserved by HTTP/2 or gRPC; choose another, such as `authorization`")));
    }
    if name.as_str().ends_with("-bin") {
        return Err(refuse(format!("`{name}` would be read as binary metadata; choose a key without `-bin`")));
    }
    Ok(name)
}

/// What stands before a token where only the token belongs, said for the one who has to take it away. More than one word
/// behind a scheme is no token that was copied along with it.
fn not_alone(token: &str, token_type: &str) -> Option<String> {
    let mut words = token.split_whitespace();
    let (first, second, third) = (words.next()?, words.next()?, words.next());
    if third.is_some() && !first.ends_with(':') {
        return None;
    }
    if AUTHORIZATION.into_iter().any(|name| first.trim_end_matches(':').eq_ignore_ascii_case(name)) {
        return Some("the name of its header; give the token alone".to_owned());
    }
    if third.is_some() || second.is_empty() {
        return None;
    }
    let scheme = SCHEMES.into_iter().find(|scheme| first.eq_ignore_ascii_case(scheme))?;
    Some(if scheme.eq_ignore_ascii_case(token_type) {
        format!("`{scheme} `, which is put before it anyway; give the token without it")
    } else if token_type.is_empty() {
        format!("`{scheme} `, and it is to be sent as it is; give the token without it, and the scheme as its type")
    } else {
        format!("`{scheme} `, and `{token_type} ` is put before it; give the token alone, and the scheme as its type")
    })
}

/// The value for a token: `<type> <token>`, marked sensitive so that no `Debug` prints it.
///
/// # Errors
///
/// [`AuthErrorKind::InvalidResponse`](crate::AuthErrorKind::InvalidResponse) for a token that is empty, too large, or has characters that no header can carry;
/// the token itself is not in the error.
pub(crate) fn value(credentials: &Credentials, max_token_bytes: usize) -> Result<HeaderValue, AuthError> {
    let refuse = |reason: String| AuthError::invalid_response("the login", reason);
    let token = credentials.access_token().expose_secret();
    if token.is_empty() {
        return Err(refuse("the access token is empty".to_owned()));
    }
    if token.len() > max_token_bytes {
        return Err(refuse(format!(
            "the access token has {} bytes, more than the {max_token_bytes} that a header may have",
            token.len(),
        )));
    }
    let token_type = match credentials.token_type() {
        Some(given) if given.eq_ignore_ascii_case(BEARER) => BEARER,
        Some(given) => given,
        None => BEARER,
    };
    if let Some(what) = not_alone(token, token_type) {
        return Err(refuse(format!("the access token begins with {what}")));
    }
    if let Some(position) = token.bytes().position(|byte| !byte.is_ascii_graphic()) {
        return Err(refuse(format!(
            "the access token has a character at byte {position} that no header can carry; \
             is there a line break or a second line in its source?"
        )));
    }
    // `HeaderValue` does not zeroize: this copy, and h2's buffers, are beyond our reach.
    let text = if token_type.is_empty() { token.to_owned() } else { format!("{token_type} {token}") };
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| refuse("the token type has characters that no header can carry".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

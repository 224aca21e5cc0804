//! What token endpoints really answer, brought into the form that RFC 6749 sections 5.1 and 5.2 define.
//!
//! | in the answer | becomes |
//! |---|---|
//! | `expires_in`: a number, also a fraction or as text | whole seconds, rounded down; at most [`limits::MAX_TOKEN_LIFETIME`] |
//! | `expires_in`: 0 or negative | 0: the token counts as expired on arrival |
//! | `expires_in`: absent, null, text that is no number, anything else | absent: the token lasts until it is rejected |
//! | `token_type`: absent, null, empty | `Bearer`, as every provider means it that leaves it out |
//! | `token_type`: `bearer` in any case | `Bearer` |
//! | `token_type`: any other | an error (RFC 6749 section 7.1 forbids to use such a token) |
//! | `access_token`: absent, empty, no text | an error |
//! | a field twice | its last value |
//! | `error` under status 200 | an error answer |
//! | `error`: `server_error`, `temporarily_unavailable` | a transient error, under any status |
//! | JSON under another content type | JSON |
//! | form-encoded, under its content type | the same fields: what providers older than RFC 6749 answer |
//! | JSON that breaks off | a transient error: the answer was cut on the way |
//! | anything else: HTML, an empty body, 4xx without `error` | an error that names HTTP status and content type |

use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use oauth2::HttpResponse;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::{AuthError, limits};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: &str = "application/x-www-form-urlencoded";

type Fields = Map<String, Value>;

/// Rewrites an answer so that the `oauth2` crate understands it.
///
/// # Errors
///
/// For what it could not understand; no error holds any of the body.
pub(crate) fn normalise(operation: &'static str, response: HttpResponse) -> Result<HttpResponse, AuthError> {
    let answer = Answer { operation, response };
    let fields = answer.fields()?;
    if let Some(code) = text(&fields, "error") {
        return answer.refusal(code, &fields);
    }
    if !answer.response.status().is_success() {
        return Err(answer.unusable(&format!("{} without an OAuth 2 `error` in it", answer.kind())));
    }
    answer.token(&fields)
}

/// The same for the answer that begins a device login (RFC 8628 section 3.2), where numbers are as lenient as above. An
/// `interval` that is none counts as absent, which means 5 seconds.
///
/// # Errors
///
/// As [`normalise`].
pub(crate) fn normalise_device_authorization(
    operation: &'static str,
    response: HttpResponse,
) -> Result<HttpResponse, AuthError> {
    let answer = Answer { operation, response };
    let mut fields = answer.fields()?;
    if let Some(code) = text(&fields, "error") {
        return answer.refusal(code, &fields);
    }
    if !answer.response.status().is_success() {
        return Err(answer.unusable(&format!("{} without an OAuth 2 `error` in it", answer.kind())));
    }
    // Older than the RFC, and still said by some.
    if let Some(url) = fields.remove("verification_url") {
        fields.entry("verification_uri").or_insert(url);
    }
    for name in ["device_code", "user_code", "verification_uri"] {
        if text(&fields, name).is_none() {
            return Err(answer.unusable(&format!("{} without a {name}", answer.kind())));
        }
    }
    for name in ["interval", "expires_in"] {
        if let Some(value) = fields.remove(name)
            && let Some(seconds) = seconds(&value)
        {
            fields.insert(name.to_owned(), seconds.into());
        }
    }
    if !fields.contains_key("expires_in") {
        fields.insert("expires_in".to_owned(), limits::DEFAULT_DEVICE_CODE_LIFETIME.as_secs().into());
    }
    Ok(rewritten(StatusCode::OK, fields))
}

/// The OAuth 2 error code in the body of a response that is an error by its status already, if it has one of the form
/// that the registered ones have.
pub(super) fn error_code(body: &[u8]) -> Option<String> {
    const LONGEST: usize = 64;
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return None };
    let code = text(&fields, "error")?;
    let usual = code.len() <= LONGEST && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    usual.then(|| code.to_owned())
}

struct Answer {
    operation: &'static str,
    response: HttpResponse,
}

impl Answer {
    fn fields(&self) -> Result<Fields, AuthError> {
        let body = self.response.body();
        if self.content_type().starts_with(FORM) {
            let pairs = form_urlencoded::parse(body);
            return Ok(pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(fields),
            // The status says enough: a proxy's short text is no answer that was cut.
            Err(error) if error.is_eof() && !body.is_empty() && self.response.status().is_success() => {
                Err(AuthError::unavailable(self.operation, None, Arc::new(CutAnswer)))
            }
            // What the parser says may quote the body.
            Ok(_) | Err(_) => Err(self.unusable(&format!("{} where JSON was expected", self.kind()))),
        }
    }

    /// Section 5.2.
    fn refusal(&self, code: &str, fields: &Fields) -> Result<HttpResponse, AuthError> {
        // Defined for the authorization endpoint only (section 4.1.2.1), but token endpoints say it as well.
        if matches!(code, "server_error" | "temporarily_unavailable") {
            let source = Unavailable { kind: self.kind(), code: code.to_owned() };
            let status = self.response.status().as_u16();
            return Err(AuthError::unavailable(self.operation, None, Arc::new(source)).refused_with(code, status));
        }
        let mut refusal = Fields::new();
        refusal.insert("error".to_owned(), code.into());
        if let Some(description) = text(fields, "error_description") {
            refusal.insert("error_description".to_owned(), description.into());
        }
        Ok(rewritten(StatusCode::BAD_REQUEST, refusal))
    }

    /// Section 5.1.
    fn token(&self, fields: &Fields) -> Result<HttpResponse, AuthError> {
        let Some(access_token) = text(fields, "access_token") else {
            return Err(self.unusable(&format!("{} without an access_token", self.kind())));
        };
        let token_type = text(fields, "token_type").unwrap_or("bearer");
        if !token_type.eq_ignore_ascii_case("bearer") {
            return Err(self.unusable(&format!(
                "its token type{} is unknown; only Bearer tokens can be used",
                nameable(token_type).map(|name| format!(" `{name}`")).unwrap_or_default()
            )));
        }
        let mut token = Fields::new();
        token.insert("access_token".to_owned(), access_token.into());
        token.insert("token_type".to_owned(), token_type.into());
        if let Some(seconds) = fields.get("expires_in").and_then(seconds) {
            token.insert("expires_in".to_owned(), seconds.into());
        }
        for name in ["refresh_token", "id_token"] {
            if let Some(value) = text(fields, name) {
                token.insert(name.to_owned(), value.into());
            }
        }
        Ok(rewritten(StatusCode::OK, token))
    }

    fn content_type(&self) -> String {
        let content_type = self.response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The kind of answer, in words that hold none of the body.
    fn kind(&self) -> String {
        let status = self.response.status().as_u16();
        let content_type = self.content_type();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        match media_type {
            _ if self.response.body().is_empty() => format!("HTTP {status} with an empty body"),
            "" => format!("HTTP {status} without a content type"),
            named => format!("HTTP {status} with content type {}", named.chars().take(80).collect::<String>()),
        }
    }

    fn unusable(&self, what: &str) -> AuthError {
        AuthError::invalid_response(
            self.operation,
            format!("{what}; is this the right endpoint, and is nothing else in front of it?"),
        )
    }
}

fn rewritten(status: StatusCode, fields: Fields) -> HttpResponse {
    let mut response = HttpResponse::new(Value::Object(fields).to_string().into_bytes());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// A field that is text and not empty.
fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A lifetime, if the value is one.
fn seconds(value: &Value) -> Option<u64> {
    let given = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    if given.is_nan() {
        return None;
    }
    // Between these bounds the conversion is exact but for the fraction.
    Some(given.clamp(0.0, limits::MAX_TOKEN_LIFETIME.as_secs_f64()) as u64)
}

/// A word that can stand in a message: nothing that could be a secret in the wrong field.
fn nameable(word: &str) -> Option<&str> {
    let short = word.len() <= 16 && word.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    short.then_some(word)
}

#[derive(Debug, thiserror::Error)]
#[error("the provider's answer was cut off on the way")]
struct CutAnswer;

#[derive(Debug, thiserror::Error)]
#[error("the provider answered `{code}` ({kind})")]
struct Unavailable {
    kind: String,
    code: String,
}

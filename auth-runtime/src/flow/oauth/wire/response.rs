//! A provider's response, as far as it is the same whatever was asked: its fields, or what is wrong with it.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, StatusCode, header};
use oauth2::HttpResponse;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::{
    AuthError, limits,
    net::http::{Secrets, said},
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: &str = "application/x-www-form-urlencoded";

pub(super) type Fields = Map<String, Value>;

/// What is known of a request when its response is read.
#[derive(Clone, Copy)]
pub(crate) struct Sent<'a> {
    /// What errors call it.
    pub(crate) operation: &'static str,
    pub(crate) secrets: &'a Secrets,
}

/// Rewrites a response so that the `oauth2` crate understands it; `rewrite` does so with the fields of a success.
///
/// # Errors
///
/// For what it could not understand, and for a refusal that ends the request. Of the body they hold an OAuth 2 error and
/// words for people, without the secrets.
pub(super) fn normalise(
    sent: Sent<'_>,
    response: HttpResponse,
    rewrite: impl FnOnce(&ProviderResponse<'_>, Fields) -> Result<Fields, AuthError>,
) -> Result<HttpResponse, AuthError> {
    let response = ProviderResponse { sent, http: response };
    let fields = response.fields()?;
    if let Some(code) = text(&fields, "error") {
        return response.refusal(code, &fields);
    }
    if !response.http.status().is_success() {
        return Err(response.unusable(&format!("{} without an OAuth 2 `error` in it", response.kind())));
    }
    Ok(rewritten(StatusCode::OK, rewrite(&response, fields)?))
}

/// What came back, and for what.
pub(super) struct ProviderResponse<'a> {
    sent: Sent<'a>,
    http: HttpResponse,
}

impl ProviderResponse<'_> {
    fn fields(&self) -> Result<Fields, AuthError> {
        let body = without_mark(self.http.body());
        if self.content_type().starts_with(FORM) {
            let pairs = form_urlencoded::parse(body);
            return Ok(pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(fields),
            // The status says enough: a proxy's short text is no response that was cut.
            Err(error) if error.is_eof() && !body.is_empty() && self.http.status().is_success() => {
                Err(AuthError::unavailable(self.sent.operation, None, Arc::new(CutShort)))
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
            let status = self.http.status().as_u16();
            return Err(AuthError::unavailable(self.sent.operation, None, Arc::new(source)).refused_with(code, status));
        }
        // RFC 8628 section 3.5: these mean something to the `oauth2` crate. It would lose the status of all others.
        if !matches!(code, "authorization_pending" | "slow_down") {
            let clean = |words| self.sent.secrets.clean(words);
            let description = text(fields, "error_description").map(clean);
            let refusal = AuthError::rejected(self.sent.operation, clean(code), description);
            return Err(refusal.with_status(self.http.status().as_u16()));
        }
        let mut refusal = Fields::new();
        refusal.insert("error".to_owned(), code.into());
        if let Some(description) = text(fields, "error_description") {
            refusal.insert("error_description".to_owned(), description.into());
        }
        Ok(rewritten(StatusCode::BAD_REQUEST, refusal))
    }

    fn content_type(&self) -> String {
        self.header(&header::CONTENT_TYPE)
    }

    fn header(&self, name: &HeaderName) -> String {
        let value = self.http.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The kind of response, in words that hold none of the body.
    pub(super) fn kind(&self) -> String {
        let status = self.http.status().as_u16();
        let short = |text: &str| text.chars().take(80).collect::<String>();
        let content_type = self.content_type();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        // A coding that is known is not here any more.
        let coding = self.header(&header::CONTENT_ENCODING);
        match media_type {
            _ if self.http.body().is_empty() => format!("HTTP {status} with an empty body"),
            _ if !coding.is_empty() => format!("HTTP {status} encoded as {}", short(&coding)),
            "" => format!("HTTP {status} without a content type"),
            named => format!("HTTP {status} with content type {}", short(named)),
        }
    }

    pub(super) fn unusable(&self, what: &str) -> AuthError {
        let said = said(self.http.status(), &self.content_type(), self.http.body(), self.sent.secrets);
        AuthError::invalid_response(
            self.sent.operation,
            format!("{what}{said}; is this the right endpoint, and is nothing else in front of it?"),
        )
    }
}

/// Without a byte order mark, which JSON has not, and which a parser may pass over (RFC 8259 section 8.1).
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

fn rewritten(status: StatusCode, fields: Fields) -> HttpResponse {
    let mut response = HttpResponse::new(Value::Object(fields).to_string().into_bytes());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// A field that is text and not empty.
pub(super) fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A lifetime, if the value is one.
pub(super) fn seconds(value: &Value) -> Option<u64> {
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

#[derive(Debug, thiserror::Error)]
#[error("the provider's answer was cut off on the way")]
struct CutShort;

#[derive(Debug, thiserror::Error)]
#[error("the provider answered `{code}` ({kind})")]
struct Unavailable {
    kind: String,
    code: String,
}

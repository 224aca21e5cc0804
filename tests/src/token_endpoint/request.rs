//! What a token endpoint was asked.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use url::form_urlencoded;

use crate::http1::Head;

/// One request. Its `Debug` holds no secret.
#[derive(Clone)]
pub struct TokenRequest {
    /// `POST`, unless the client is wrong.
    pub method: String,
    /// The path.
    pub target: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The fields of the body, decoded.
    pub form: Vec<(String, String)>,
}

impl TokenRequest {
    pub(super) fn new(head: Head, body: Vec<u8>) -> Self {
        let form = form_urlencoded::parse(&body).into_owned().collect();
        Self { method: head.method, target: head.target, headers: head.headers, form }
    }

    /// A field of the body.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The names of the body's fields, sorted.
    pub fn fields(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.form.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// User and password of HTTP Basic, as they are.
    pub fn basic(&self) -> Option<(String, String)> {
        let encoded = self.headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
        let plain = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = plain.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// Id and secret of HTTP Basic, form-decoded (RFC 6749 section 2.3.1).
    pub fn form_encoded_basic(&self) -> Option<(String, String)> {
        let (user, password) = self.basic()?;
        Some((form_decoded(&user)?, form_decoded(&password)?))
    }

    /// Id and secret from the body.
    pub fn body_credentials(&self) -> Option<(String, String)> {
        let field = |name| self.field(name).map(str::to_owned);
        (self.field("client_id").is_some() || self.field("client_secret").is_some())
            .then(|| (field("client_id").unwrap_or_default(), field("client_secret").unwrap_or_default()))
    }

    pub(super) fn is_form(&self) -> bool {
        self.headers.get("content-type").is_some_and(|value| value == "application/x-www-form-urlencoded")
    }

    pub(super) fn repeats_or_empties_a_field(&self) -> bool {
        let mut names = self.fields();
        names.dedup();
        names.len() < self.form.len() || self.form.iter().any(|(_, value)| value.is_empty())
    }
}

fn form_decoded(text: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(text.as_bytes());
    let decoded = fields.next()?.0.into_owned();
    fields.next().is_none().then_some(decoded)
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenRequest")
            .field("target", &self.target)
            .field("fields", &self.fields())
            .finish_non_exhaustive()
    }
}

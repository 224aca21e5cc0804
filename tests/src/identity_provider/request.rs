//! What the provider was asked.

use http::HeaderMap;
use tokio::time::Instant;
use url::form_urlencoded;

use crate::http1::Head;

/// One request. Its `Debug` holds no secret.
#[derive(Clone)]
pub struct ProviderRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The fields of the query, or of the body.
    pub fields: Vec<(String, String)>,
    /// When it came.
    pub at: Instant,
}

impl ProviderRequest {
    pub(super) fn new(head: &Head, body: &[u8]) -> Self {
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        let encoded = if head.method == "GET" { query.as_bytes() } else { body };
        Self {
            method: head.method.clone(),
            path: path.to_owned(),
            headers: head.headers.clone(),
            fields: form_urlencoded::parse(encoded).into_owned().collect(),
            at: Instant::now(),
        }
    }

    /// A field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The names of the fields, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn repeats_or_empties_a_field(&self) -> bool {
        let mut names = self.names();
        names.dedup();
        names.len() < self.fields.len() || self.fields.iter().any(|(_, value)| value.is_empty())
    }
}

impl std::fmt::Debug for ProviderRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderRequest")
            .field("path", &self.path)
            .field("fields", &self.names())
            .finish_non_exhaustive()
    }
}

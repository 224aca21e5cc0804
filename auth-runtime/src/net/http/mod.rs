//! HTTP to identity providers: which URLs may be asked, and one request to them at a time.

mod client;
mod endpoint_url;
mod error_code;
mod inflate;
mod repeat;
mod retry_after;
mod secrets;
mod words;

use std::{sync::Arc, time::Duration};

use http::StatusCode;

pub(crate) use self::{
    client::{HttpClient, uri},
    endpoint_url::parse_endpoint,
    repeat::Repeat,
    secrets::Secrets,
};
use super::{client_identity::ClientIdentity, names::ConnectionNames, verify::Verify};

/// How an authenticator makes HTTP connections.
#[derive(Clone)]
pub(crate) struct HttpSettings {
    /// The proxy, as a URL that may hold a password.
    pub(crate) proxy: Option<Arc<str>>,
    pub(crate) verify: Verify,
    /// What is shown to servers that ask who is there: only for those that the user named.
    pub(crate) identity: Option<ClientIdentity>,
    pub(crate) names: ConnectionNames,
    /// Whether secrets may travel unencrypted beyond the loopback interface.
    pub(crate) allow_plaintext: bool,
    pub(crate) attempt_timeout: Duration,
}

/// What an answer that is none of the protocol says to people, to stand in a sentence behind what it is: empty where it
/// says nothing.
pub(crate) fn said(status: StatusCode, content_type: &str, body: &[u8], secrets: &Secrets) -> String {
    let words = match status.is_success() {
        true => words::words_of_success(content_type, body),
        false => words::words_of_error(content_type, body),
    };
    let clean = |words: String| secrets::without_likely_secrets(&secrets.clean(&words));
    words.map(|words| format!(", which says \"{}\"", clean(words))).unwrap_or_default()
}

//! HTTP to identity providers: which URLs may be asked, and one request to them at a time.

mod client;
mod endpoint_url;
mod error_code;
mod retry_after;

use std::{sync::Arc, time::Duration};

pub(crate) use self::{client::HttpClient, endpoint_url::parse_endpoint};
use super::{client_identity::ClientIdentity, route::ConnectionNames, verify::Verify};

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

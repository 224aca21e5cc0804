//! What the session hands to a flow.

use std::{fmt, sync::Arc};

use crate::{ServerDetails, verify::Verify};

/// What a [`Flow`](crate::Flow) may need to know: where it logs in to, and how connections are to be made.
#[derive(Clone)]
pub struct FlowContext {
    endpoint: Arc<str>,
    details: Arc<ServerDetails>,
    http_proxy: Option<Arc<str>>,
    verify: Verify,
    allow_plaintext: bool,
}

impl FlowContext {
    pub(crate) fn new(
        endpoint: Arc<str>,
        details: Arc<ServerDetails>,
        http_proxy: Option<Arc<str>>,
        verify: Verify,
        allow_plaintext: bool,
    ) -> Self {
        Self { endpoint, details, http_proxy, verify, allow_plaintext }
    }

    /// The endpoint of the authenticator: scheme and authority.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What the server says about logging in; empty without [`Discovery`](crate::Discovery).
    pub fn server_details(&self) -> &ServerDetails {
        &self.details
    }

    /// The proxy for HTTP requests, as a URL.
    pub fn http_proxy(&self) -> Option<&str> {
        self.http_proxy.as_deref()
    }

    /// How certificates are verified.
    pub fn verify(&self) -> &Verify {
        &self.verify
    }

    /// Whether secrets may travel unencrypted beyond the loopback interface.
    pub fn allow_plaintext(&self) -> bool {
        self.allow_plaintext
    }
}

/// Without the proxy's URL, which may hold a password.
impl fmt::Debug for FlowContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowContext")
            .field("endpoint", &self.endpoint)
            .field("details", &self.details)
            .field("verify", &self.verify)
            .field("allow_plaintext", &self.allow_plaintext)
            .finish_non_exhaustive()
    }
}

//! Whose credentials an entry holds.

use std::sync::Arc;

/// Names one login: the same person at another endpoint, through another client or by another flow has another entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreKey {
    endpoint: Arc<str>,
    client_id: Arc<str>,
    flow: &'static str,
}

impl StoreKey {
    /// The key of the credentials that `flow` ([`Flow::name`](crate::Flow::name)) gets for an endpoint through a
    /// client; the id is empty where the server names the client.
    pub fn new(endpoint: impl Into<Arc<str>>, client_id: impl Into<Arc<str>>, flow: &'static str) -> Self {
        Self { endpoint: endpoint.into(), client_id: client_id.into(), flow }
    }

    /// Scheme and authority of the authenticator's endpoint.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The client id that was configured; empty if the server names it.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The flow that got the credentials.
    pub fn flow(&self) -> &'static str {
        self.flow
    }

    /// The endpoint without its scheme.
    #[cfg_attr(not(feature = "keyring"), allow(dead_code, reason = "only keyrings are shared with other programs"))]
    pub(crate) fn authority(&self) -> &str {
        self.endpoint.split_once("://").map_or(&self.endpoint, |(_, authority)| authority)
    }
}

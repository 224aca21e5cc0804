//! Whose credentials an entry holds.

use std::sync::Arc;

/// Names one login: the same person at another endpoint, through another client or by another flow has another entry.
///
/// ```
/// use auth_runtime::store::StoreKey;
///
/// let key = StoreKey::new("https://flyte.example.com", "my-program", "pkce");
/// assert_eq!((key.client_id(), key.flow()), ("my-program", "pkce"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreKey {
    endpoint: Arc<str>,
    client_id: Arc<str>,
    flow: Arc<str>,
}

impl StoreKey {
    /// The key of the credentials that `flow` ([`Flow::name`](crate::Flow::name)) gets for an endpoint through a
    /// client; the id is empty where the server names the client.
    pub fn new(endpoint: impl Into<Arc<str>>, client_id: impl Into<Arc<str>>, flow: impl Into<Arc<str>>) -> Self {
        Self { endpoint: endpoint.into(), client_id: client_id.into(), flow: flow.into() }
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
    pub fn flow(&self) -> &str {
        &self.flow
    }
}

//! An endpoint, and how it is reached.

use std::sync::Arc;

use url::Url;

use crate::net::{header_source::HeaderSource, http::HttpSettings};

/// An endpoint that requests may be sent to.
#[derive(Clone)]
pub(crate) struct ProviderEndpoint {
    pub(crate) url: Url,
    pub(crate) http: HttpSettings,
    /// Only where a proxy before this very URL may see them.
    pub(crate) proxy_credentials: Option<Arc<dyn HeaderSource>>,
}

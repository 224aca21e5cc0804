//! What a user decided about calls.

use std::{fmt, time::Duration};

use http::HeaderName;
use tonic::Status;

type Predicate = Box<dyn Fn(&Status) -> bool + Send + Sync>;

/// Which header is the credentials', and which responses count as a rejection beyond those that always do.
#[derive(Default)]
pub(crate) struct Policy {
    /// The key that was configured.
    pub(crate) header_key: Option<HeaderName>,
    /// PERMISSION_DENIED counts for a call without credentials: Istio answers so when the header is missing.
    pub(crate) login_on_permission_denied: bool,
    /// Statuses that count as well.
    pub(crate) retry_on: Option<Predicate>,
    /// How long a call may take that brings no deadline; for a stream, until its head.
    pub(crate) call_timeout: Option<Duration>,
    /// How long a stream may take that brings no deadline.
    pub(crate) stream_timeout: Option<Duration>,
    /// Whether HTTP/2 may keep the token in its table, on channels that carry these credentials alone.
    pub(crate) index_token: bool,
    /// The largest message that an authenticated client accepts unless it is told otherwise: bytes.
    pub(crate) max_decoding_message_size: Option<usize>,
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("header_key", &self.header_key)
            .field("login_on_permission_denied", &self.login_on_permission_denied)
            .field("retry_on", &self.retry_on.is_some())
            .field("max_decoding_message_size", &self.max_decoding_message_size)
            .field("index_token", &self.index_token)
            .field("call_timeout", &self.call_timeout)
            .field("stream_timeout", &self.stream_timeout)
            .finish()
    }
}

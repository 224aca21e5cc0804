//! Trailers that come when a call can no longer be sent again.

use http::{HeaderMap, header};

use super::{
    classify::{self, ClassifyContext, ENCODING, Role},
    status::drop_unreadable_details,
};
use crate::Authenticator;

/// What is left of a call once it has delivered a message.
///
/// A rejection behind a message goes to the caller, who has the message; the next call gets other credentials.
pub(crate) struct TrailersClassifier {
    pub(crate) authenticator: Authenticator,
    pub(crate) role: Role,
    /// The credentials that the call carried; 0 stands for none.
    pub(crate) generation: u64,
}

impl TrailersClassifier {
    pub(super) fn observe(&self, trailers: &mut HeaderMap) {
        let context = ClassifyContext {
            role: self.role,
            policy: self.authenticator.policy(),
            attached: self.generation > 0,
            behind_proxy: false,
        };
        if classify::trailers_reject(trailers, context) {
            tracing::debug!("credentials were rejected behind a message; the call cannot be sent again");
            self.authenticator.mark_rejected(self.generation, None);
        }
    }
}

/// Makes trailers readable that nobody wants to know more of.
pub(super) fn clean(trailers: &mut HeaderMap) {
    drop_unreadable_details(trailers);
}

/// A trailers-only response behind headers that the caller has already: its head becomes the trailers.
pub(crate) fn trailers_from_head(mut head: HeaderMap) -> HeaderMap {
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, ENCODING] {
        head.remove(name);
    }
    head
}

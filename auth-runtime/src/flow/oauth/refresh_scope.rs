//! Whether a refresh says which scopes it is for: most providers do not want to know, and a few do.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::refusal::mentions;
use crate::AuthError;

/// Whether a refresh says which scopes it is for.
#[derive(Debug, Clone, Default)]
pub(super) struct RefreshScope {
    pub(super) set: Option<bool>,
    /// The provider has refused a refresh that did not. Clones of a flow ask the same provider.
    wanted: Arc<AtomicBool>,
}

impl RefreshScope {
    pub(super) fn is_sent(&self) -> bool {
        self.set.unwrap_or_else(|| self.wanted.load(Ordering::Relaxed))
    }

    /// Whether a refresh that did not say may be refused for that.
    pub(super) fn may_be_wanted(&self, refusal: &AuthError) -> bool {
        let is_of_request = matches!(refusal.oauth_error(), Some("invalid_scope" | "invalid_request"));
        self.set.is_none() && is_of_request && mentions(refusal, "scope")
    }

    /// It was: from now on each refresh says it.
    pub(super) fn is_wanted(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }
}

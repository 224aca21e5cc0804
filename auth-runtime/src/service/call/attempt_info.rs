//! How layers that are stacked know of each other.

use http::Extensions;

/// Travels in the extensions of requests and responses. Only replays and proxy layers set it: a call that goes well
/// through one layer costs nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AttemptInfo {
    /// How often the call was sent before (on a request), or altogether (on a response).
    pub(super) attempts: u8,
    /// On a request: a layer further out looks after the proxy's responses. On a response: the proxy said no, and the
    /// layer for its credentials could do nothing about it.
    pub(super) proxy: bool,
}

impl AttemptInfo {
    #[inline]
    pub(super) fn take(extensions: &mut Extensions) -> Self {
        // Without the check an empty map would be allocated.
        if extensions.is_empty() { Self::default() } else { extensions.remove().unwrap_or_default() }
    }

    #[inline]
    pub(super) fn put(self, extensions: &mut Extensions) {
        if self.attempts > 0 || self.proxy {
            extensions.insert(self);
        }
    }
}

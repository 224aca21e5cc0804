//! Why a rejected call is not sent again.

/// The first of these that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotReplayed {
    /// It was, with new credentials.
    RejectedAgain,
    /// Its method or its caller says so.
    Forbidden,
    /// What was sent is not here any more.
    Outgrown,
    /// All layers together have sent it often enough.
    Exhausted,
}

impl NotReplayed {
    /// In words: what happened, and what settles it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::RejectedAgain => "new credentials were got and are rejected as well: check their audience and scopes",
            Self::Forbidden => "the call was not sent again, as no_replay says; the next call has other credentials",
            Self::Outgrown => {
                "the call was not sent again: its request stream is longer than replay_buffer_bytes; \
                 the next call has other credentials"
            }
            Self::Exhausted => "the call was not sent again: it was sent as often as a call may be",
        }
    }
}

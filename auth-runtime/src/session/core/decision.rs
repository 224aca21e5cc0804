//! What a session decides: the words between `state` and those who act on it.

use std::sync::Arc;

use super::token::Token;
use crate::AuthError;

/// What a refresh is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To see whether there are stored credentials; the provider is asked only for those that have expired.
    LoadStored,
    /// To get new credentials.
    Refresh,
    /// To get new credentials unless that takes a person: no call waits for them, or what there is can still be sent.
    RefreshUnattended,
    /// To get new ones unless the server says that it wants none.
    RefreshUnlessUnwanted,
    /// To log in because somebody said so: whatever refusal of a refresh token leads to the full login.
    LogIn,
}

/// What a call is to do about its credentials.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Send these.
    Attach(Arc<Token>),
    /// Send these; a refresh is due and nobody has begun it.
    AttachAndRefresh(Arc<Token>),
    /// Send none.
    Anonymous,
    /// Wait for the refresh that runs.
    Join,
    /// Begin a refresh and wait for it.
    Begin(Purpose),
    /// Fail with what the last refresh failed with.
    Fail(AuthError),
}

/// What a call is to do after a server rejected its credentials.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// There are newer ones already.
    Replay(Arc<Token>),
    /// Wait for the refresh that runs.
    Join,
    /// Begin a refresh and wait for it.
    Begin,
    /// New credentials have not helped before: the server's response stands.
    Stands,
    /// The last refresh failed a moment ago.
    Fail(AuthError),
}

//! What a caller wants of one call, and whose credentials it carries.

use http::{HeaderName, Request, header};
use tonic::body::Body;

use crate::{
    flow::PassthroughHeaders,
    service::{method::Method, request::SavedHead, response::Role},
};

/// How one call is authenticated, in its request's extensions. Without it the settings of the method hold.
///
/// ```
/// use auth_runtime::CallAuth;
///
/// let mut request = tonic::Request::new(());
/// request.extensions_mut().insert(CallAuth::NoLogin);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallAuth {
    /// No credentials are attached, and no response leads to a login: as for a method that is `unauthenticated`.
    Anonymous,
    /// Nothing is waited for and nobody logs in. The call carries what the session has: a login that is stored counts once
    /// another call has read it. Where there is nothing it fails with UNAUTHENTICATED at once; it goes without credentials
    /// only where the server has taken such a call before, or no flow is set. A rejection is handed out as it comes.
    NoLogin,
    /// The call carries credentials and is never sent twice: as for a method with `no_replay`. In place of finding out by
    /// a rejection whether the server wants credentials, it asks the server's discovery or logs in.
    NoReplay,
}

impl CallAuth {
    /// What the caller wants. A proxy's layer leaves it for the server's, which may be further in.
    pub(super) fn of(request: &mut Request<Body>, role: Role) -> Option<Self> {
        match role {
            Role::Server => request.extensions_mut().remove(),
            Role::Proxy => None,
        }
    }
}

/// Whose credentials a call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bearer {
    /// The session's.
    Session,
    /// The session's, as far as it has some.
    SessionWithoutLogin,
    /// Those that the caller handed in for this call, in an extension.
    HandedIn,
    /// The caller's own header, which wins, or none: the layer only looks on.
    Caller,
}

impl Bearer {
    /// Decides, from what the method, the extension and the headers say.
    #[inline]
    pub(super) fn of(
        head: &SavedHead,
        role: Role,
        method: &Method,
        auth: Option<CallAuth>,
        handed_in: bool,
        key: Option<&HeaderName>,
    ) -> Self {
        if handed_in {
            Self::HandedIn
        } else if !method.authenticated
            || auth == Some(CallAuth::Anonymous)
            || (!head.is_bare() && brings_credentials(head, role, key))
        {
            Self::Caller
        } else if auth == Some(CallAuth::NoLogin) {
            Self::SessionWithoutLogin
        } else {
            Self::Session
        }
    }
}

/// Puts the credentials of this call alone where they belong, if it brings some.
pub(super) fn take_passthrough(request: &mut Request<Body>, method: &Method) -> bool {
    match request.extensions_mut().remove::<PassthroughHeaders>() {
        Some(headers) if method.authenticated => {
            headers.put(request.headers_mut());
            true
        }
        _ => false,
    }
}

/// Whether the caller attached credentials by hand: then those are used, as they are.
///
/// `authorization` counts beside a key of our own, because a flyteadmin that finds both takes `authorization`. It
/// does not count for a proxy's layer, which has the server's credentials pass through it.
fn brings_credentials(head: &SavedHead, role: Role, key: Option<&HeaderName>) -> bool {
    let sets = |key| head.get(key).is_some();
    (role == Role::Server && sets(&header::AUTHORIZATION)) || key.is_some_and(sets)
}

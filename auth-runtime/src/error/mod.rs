//! Why there are no credentials.
//!
//! `reason` has every message, `connection` those about connections, and `status` is the only place where one becomes a
//! gRPC status.

mod code_name;
#[cfg(feature = "_http")]
mod connection;
mod reason;
mod said;
mod status;

use std::{
    error::Error as StdError,
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

#[cfg(feature = "flyte")]
pub(crate) use self::code_name::code_name;
#[cfg(feature = "_http")]
pub(crate) use self::connection::{CertificateProblem, Obstacle};
pub(crate) use self::reason::RUNTIME_SHUT_DOWN;
use self::{reason::Reason, said::said};
use crate::plain_text::PlainText;

/// Why there are no usable credentials, and what to do about it.
///
/// Cheap to clone: one failed refresh is handed to every call that waited for it. Nothing in it is secret. `Display`
/// says its own part only; the causes are behind [`source`](std::error::Error::source).
///
/// ```
/// use auth_runtime::{AuthErrorKind, Authenticator};
///
/// let error = Authenticator::builder("ftp://flyte.example.com").build().unwrap_err();
/// assert_eq!(error.kind(), AuthErrorKind::Configuration);
/// assert_eq!(error.setting(), Some("endpoint"));
/// assert!(!error.is_transient());
/// ```
#[derive(Clone)]
pub struct AuthError {
    reason: Arc<Reason>,
}

/// What an [`AuthError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// A setting of the authenticator or of a flow cannot work: [`AuthError::setting`] names it.
    Configuration,
    /// The request goes somewhere else than to the endpoint that the authenticator was built for, or a refresh token to
    /// another provider than the one that issued it.
    Destination,
    /// The credentials would cross a network unencrypted (RFC 6750 section 5.3 demands TLS).
    Plaintext,
    /// The certificate of a server, a provider or a proxy is not trusted.
    Untrusted,
    /// A server, a provider or a proxy cannot be reached as things are set: its name is unknown, or it does not speak
    /// what it was spoken to. Another attempt fails alike.
    Unreachable,
    /// The server wants credentials and nothing was configured that could get them.
    NoFlow,
    /// The provider or the network failed in a way that may pass.
    Unavailable,
    /// Nothing came back in time: [`AuthError::timeout`] says how long was waited.
    TimedOut,
    /// The provider said no (RFC 6749 section 5.2): [`AuthError::oauth_error`] has its code.
    Rejected,
    /// The provider answered with something that is not what the protocol says.
    InvalidResponse,
    /// Only a person can log in here, and none may be asked: there is no terminal, or asking is switched off.
    InteractionNeeded,
    /// Another program refreshes or replaces the stored credentials, and does not come to an end.
    StoreLocked,
    /// The login was ended from outside: the flow panicked, or the runtime that ran it was shut down.
    Interrupted,
    /// There is no tokio runtime, and something has to be done that needs one: a login, a connection, a logout.
    NoRuntime,
    /// A flow of the user's own failed.
    Flow,
}

impl AuthError {
    /// For a [`Flow`](crate::Flow) of your own: a failure that another attempt may mend.
    pub fn transient(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Reason::TransientFlow(said(source.into())).into()
    }

    /// For a [`Flow`](crate::Flow) of your own: a failure that stays until something is changed.
    pub fn permanent(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Reason::PermanentFlow(said(source.into())).into()
    }

    /// What it is about.
    pub fn kind(&self) -> AuthErrorKind {
        self.reason.kind()
    }

    /// Whether another attempt may succeed with nothing changed.
    pub fn is_transient(&self) -> bool {
        self.reason.is_transient()
    }

    /// Whether only a new login (by a person, or with another secret) can help.
    pub fn needs_login(&self) -> bool {
        self.oauth_error() == Some("invalid_grant")
            || self.is_of_another_provider()
            || self.kind() == AuthErrorKind::InteractionNeeded
    }

    /// The builder method or setting that cannot work.
    pub fn setting(&self) -> Option<&str> {
        match &*self.reason {
            Reason::Configuration { setting, .. } => Some(setting),
            _ => None,
        }
    }

    /// The provider's error code (RFC 6749 section 5.2), such as `invalid_client`.
    pub fn oauth_error(&self) -> Option<&str> {
        match &*self.reason {
            Reason::Rejected { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The provider's own words about its error code, with secrets taken out.
    pub fn oauth_error_description(&self) -> Option<&str> {
        match &*self.reason {
            Reason::Rejected { description, .. } => description.as_deref(),
            _ => None,
        }
    }

    /// How long the provider asked to be left alone (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        match &*self.reason {
            Reason::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// How long was waited in vain.
    pub fn timeout(&self) -> Option<Duration> {
        match &*self.reason {
            Reason::TimedOut { after, .. } | Reason::Unanswered { after } | Reason::StoreLocked { after, .. } => {
                Some(*after)
            }
            _ => None,
        }
    }

    /// The provider's error code, and the HTTP status that it came with, if it came in a response of its own.
    pub(crate) fn refusal(&self) -> Option<(&str, Option<u16>)> {
        match &*self.reason {
            Reason::Rejected { code, status, .. } => Some((code, *status)),
            Reason::Unavailable { refusal: Some(refusal), .. } => Some((&refusal.code, Some(refusal.status))),
            _ => None,
        }
    }

    /// Whether the provider may answer in a moment, so that a call with time to spare does well to wait.
    pub(crate) fn is_worth_waiting(&self) -> bool {
        matches!(self.kind(), AuthErrorKind::Unavailable | AuthErrorKind::TimedOut | AuthErrorKind::Flow)
            && self.is_transient()
    }

    /// Whether a refresh token was not sent, because it is that of another provider.
    pub(crate) fn is_of_another_provider(&self) -> bool {
        matches!(&*self.reason, Reason::OtherProvider { .. })
    }

    /// The first error of ours in a chain of causes.
    pub(crate) fn behind<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        match error.downcast_ref() {
            Some(found) => Some(found),
            None => Self::behind(error.source()?),
        }
    }

    /// Whether this ended the login.
    pub(crate) fn is_interrupted_by(&self, cause: &str) -> bool {
        matches!(&*self.reason, Reason::Interrupted { reason } if *reason == cause)
    }
}

/// Whatever others had to say in it, as plain text on one line.
impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(PlainText(f), "{}", self.reason)
    }
}

/// With the message: it is what `unwrap` shows, and a `main` that returns the error.
impl fmt::Debug for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AuthError");
        shown.field("kind", &self.kind()).field("message", &self.to_string());
        if let Some(source) = self.source() {
            shown.field("source", &source);
        }
        shown.finish()
    }
}

impl StdError for AuthError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.reason.source()
    }
}

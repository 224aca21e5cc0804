//! Every message of an [`AuthError`]: who failed, and what the user can do.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use tonic::{Code, Status};

#[cfg(feature = "_http")]
use super::connection::{CertificateProblem, Obstacle};
use super::{AuthError, AuthErrorKind, said::words};

type Source = Arc<dyn StdError + Send + Sync>;

/// A login that nobody is to blame for: another may start at once.
pub(crate) const RUNTIME_SHUT_DOWN: &str = "its runtime was shut down";

/// An OAuth 2 error code that came with an HTTP status of another kind.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) status: u16,
}

#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "oauth"), allow(dead_code, reason = "kinds are the same whatever can bring them about"))]
pub(super) enum Reason {
    #[error("{setting}: {reason}")]
    Configuration { setting: &'static str, reason: String },

    #[error(
        "credentials for {bound} are not sent to {actual}; build an authenticator with that endpoint, \
         or a client with this one's"
    )]
    Destination { bound: String, actual: String },

    #[error(
        "the login that is there is of {was}, and its refresh token is not sent to {now}, which is the provider now; \
         log in again if that is right"
    )]
    OtherProvider { was: String, now: String },

    #[error(
        "credentials are not sent in plaintext to {authority}; use an https:// endpoint, \
         or allow_plaintext(true) where the network itself is trusted"
    )]
    Plaintext { authority: String },

    #[cfg(feature = "_http")]
    #[error("{}", problem.message(peer, setting))]
    Untrusted { peer: String, problem: CertificateProblem, setting: &'static str },

    #[cfg(feature = "_http")]
    #[error(transparent)]
    Unreachable(Obstacle),

    #[error("the server asks for credentials, but no flow is configured; add .flow(..) to Authenticator::builder")]
    NoFlow,

    #[error("{operation} failed for the moment, another attempt may succeed")]
    Unavailable { operation: &'static str, retry_after: Option<Duration>, refusal: Option<Refusal>, source: Source },

    #[error("{operation} did not end within {after:?}; is the provider reachable from here?")]
    TimedOut { operation: &'static str, after: Duration },

    #[error(
        "nobody has finished the login within {after:?}; log in again, and finish it in the browser within that time"
    )]
    Unanswered { after: Duration },

    #[error("the provider rejected {operation} with `{code}`{}{}; {}",
        description.as_deref().map(|text| format!(" ({text})")).unwrap_or_default(),
        asked.as_deref().map(|asked| format!(", which asked for {asked}")).unwrap_or_default(), advice(code))]
    Rejected {
        operation: &'static str,
        code: String,
        description: Option<String>,
        /// The HTTP status that the code came with.
        status: Option<u16>,
        /// What was asked for, and who said so, where that may be the reason.
        asked: Option<String>,
    },

    #[error("{operation} brought an unusable answer: {reason}")]
    InvalidResponse { operation: &'static str, reason: String },

    #[error("a person has to log in and {}; log in with `{command}`{}",
        earlier.as_deref().map_or("none may be asked here".to_owned(), |earlier| format!(
            "the last login {earlier}, so that nobody is asked again for a few minutes"
        )),
        if earlier.is_some() { ", which asks at once" } else { " on a terminal" }
    )]
    InteractionNeeded {
        command: String,
        /// What became of an earlier login, where that is why nobody is asked.
        earlier: Option<String>,
        /// Why the stored or current login is not enough.
        #[source]
        refused: Option<AuthError>,
    },

    #[error(
        "another program has held the lock on the stored credentials of {endpoint} for {after:?}; \
         wait until its login is done, or end it"
    )]
    StoreLocked { endpoint: String, after: Duration },

    #[error("the login was interrupted ({reason}); another is started when one is needed")]
    Interrupted { reason: &'static str },

    #[error("{what} needs a tokio runtime; make the call from within one")]
    NoRuntime { what: &'static str },

    #[error(transparent)]
    TransientFlow(Source),

    #[error(transparent)]
    PermanentFlow(Source),

    /// A flow failed with the status of a call of its own.
    #[error("{}", words(status))]
    FlowStatus { status: Box<Status> },
}

fn advice(code: &str) -> &'static str {
    match code {
        "invalid_client" | "unauthorized_client" => "check the client id and secret",
        "invalid_grant" => "log in again",
        "invalid_scope" => "check the scopes",
        "access_denied" => "the login was declined",
        _ => "check the settings of the flow",
    }
}

impl Reason {
    pub(super) fn kind(&self) -> AuthErrorKind {
        match self {
            Self::Configuration { .. } => AuthErrorKind::Configuration,
            Self::Destination { .. } | Self::OtherProvider { .. } => AuthErrorKind::Destination,
            Self::Plaintext { .. } => AuthErrorKind::Plaintext,
            #[cfg(feature = "_http")]
            Self::Untrusted { .. } => AuthErrorKind::Untrusted,
            #[cfg(feature = "_http")]
            Self::Unreachable(_) => AuthErrorKind::Unreachable,
            Self::NoFlow => AuthErrorKind::NoFlow,
            Self::Unavailable { .. } => AuthErrorKind::Unavailable,
            Self::TimedOut { .. } | Self::Unanswered { .. } => AuthErrorKind::TimedOut,
            Self::Rejected { .. } => AuthErrorKind::Rejected,
            Self::InvalidResponse { .. } => AuthErrorKind::InvalidResponse,
            Self::InteractionNeeded { .. } => AuthErrorKind::InteractionNeeded,
            Self::StoreLocked { .. } => AuthErrorKind::StoreLocked,
            Self::Interrupted { .. } => AuthErrorKind::Interrupted,
            Self::NoRuntime { .. } => AuthErrorKind::NoRuntime,
            Self::TransientFlow(_) | Self::PermanentFlow(_) | Self::FlowStatus { .. } => AuthErrorKind::Flow,
        }
    }

    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. }
            | Self::TimedOut { .. }
            | Self::Unanswered { .. }
            | Self::StoreLocked { .. }
            | Self::Interrupted { .. }
            | Self::TransientFlow(_) => true,
            Self::FlowStatus { status } => matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded),
            _ => false,
        }
    }
}

impl From<Reason> for AuthError {
    fn from(reason: Reason) -> Self {
        Self { reason: Arc::new(reason) }
    }
}

/// Each kind of failure, as the rest of this crate says it.
impl AuthError {
    /// A builder method or setting, what is wrong with it, and what to write instead.
    pub(crate) fn configuration(setting: &'static str, reason: impl Into<String>) -> Self {
        Reason::Configuration { setting, reason: reason.into() }.into()
    }

    /// Scheme and authority of the authenticator's endpoint and of the request.
    pub(crate) fn other_destination(bound: String, actual: String) -> Self {
        Reason::Destination { bound, actual }.into()
    }

    /// Who issued the refresh token, and who would have got it.
    #[cfg(feature = "oauth")]
    pub(crate) fn other_provider(was: String, now: String) -> Self {
        Reason::OtherProvider { was, now }.into()
    }

    /// Where the credentials would have gone.
    pub(crate) fn plaintext(authority: impl Into<String>) -> Self {
        Reason::Plaintext { authority: authority.into() }.into()
    }

    /// Who showed the certificate, what is wrong with it, and the setting for authorities to trust.
    #[cfg(feature = "_http")]
    pub(crate) fn untrusted(peer: String, problem: CertificateProblem, setting: &'static str) -> Self {
        Reason::Untrusted { peer, problem, setting }.into()
    }

    /// What stands in the way of a connection until somebody removes it.
    #[cfg(feature = "_http")]
    pub(crate) fn unreachable(obstacle: Obstacle) -> Self {
        Reason::Unreachable(obstacle).into()
    }

    pub(crate) fn no_flow() -> Self {
        Reason::NoFlow.into()
    }

    /// What was attempted, how long the provider asked to be left alone, and the cause.
    #[cfg(feature = "_http")]
    pub(crate) fn unavailable(operation: &'static str, retry_after: Option<Duration>, source: Source) -> Self {
        Reason::Unavailable { operation, retry_after, refusal: None, source }.into()
    }

    /// The same, where the response had an OAuth 2 error code all the same: whether the failure passes by itself depends
    /// on what was sent.
    #[cfg(feature = "oauth")]
    pub(crate) fn refused_with(self, code: &str, status: u16) -> Self {
        match &*self.reason {
            Reason::Unavailable { operation, retry_after, source, .. } => {
                let refusal = Some(Refusal { code: code.to_owned(), status });
                let (retry_after, source) = (*retry_after, Source::clone(source));
                Reason::Unavailable { operation, retry_after, refusal, source }.into()
            }
            _ => self,
        }
    }

    /// What was attempted, and the timeout that ended it.
    pub(crate) fn timed_out(operation: &'static str, after: Duration) -> Self {
        Reason::TimedOut { operation, after }.into()
    }

    /// A person was asked to log in, and the timeout ended that.
    pub(crate) fn unanswered(after: Duration) -> Self {
        Reason::Unanswered { after }.into()
    }

    /// What was asked for, the OAuth 2 error code, and the provider's own words without secrets.
    #[cfg(any(feature = "oauth", test))]
    pub(crate) fn rejected(operation: &'static str, code: String, description: Option<String>) -> Self {
        Reason::Rejected { operation, code, description, status: None, asked: None }.into()
    }

    /// The same under this HTTP status.
    #[cfg(feature = "oauth")]
    pub(crate) fn with_status(self, status: u16) -> Self {
        self.rejection(|_, now| *now = Some(status))
    }

    /// The same for a request for this.
    #[cfg(feature = "oauth")]
    pub(crate) fn having_asked_for(self, what: String) -> Self {
        self.rejection(|now, _| *now = Some(what))
    }

    #[cfg(feature = "oauth")]
    fn rejection(self, change: impl FnOnce(&mut Option<String>, &mut Option<u16>)) -> Self {
        match &*self.reason {
            Reason::Rejected { operation, code, description, status, asked } => {
                let (mut status, mut asked) = (*status, asked.clone());
                change(&mut asked, &mut status);
                let (code, description) = (code.clone(), description.clone());
                Reason::Rejected { operation, code, description, status, asked }.into()
            }
            _ => self,
        }
    }

    /// What was asked for, and what is wrong with the answer, without its content.
    pub(crate) fn invalid_response(operation: &'static str, reason: impl Into<String>) -> Self {
        Reason::InvalidResponse { operation, reason: reason.into() }.into()
    }

    /// The command that logs a person in, and what became of an earlier login, where that is why nobody is asked.
    pub(crate) fn interaction_needed(command: impl Into<String>, earlier: Option<&str>) -> Self {
        let earlier = earlier.map(str::to_owned);
        Reason::InteractionNeeded { command: command.into(), earlier, refused: None }.into()
    }

    /// The same, where a login is needed because a refresh token was refused with this.
    pub(crate) fn because_refused(self, refused: Self) -> Self {
        match &*self.reason {
            Reason::InteractionNeeded { command, earlier, refused: None } => {
                let (command, earlier) = (command.clone(), earlier.clone());
                Reason::InteractionNeeded { command, earlier, refused: Some(refused) }.into()
            }
            _ => self,
        }
    }

    /// Whose stored credentials, and how long was waited.
    pub(crate) fn store_locked(endpoint: String, after: Duration) -> Self {
        Reason::StoreLocked { endpoint, after }.into()
    }

    /// What ended the login.
    pub(crate) fn interrupted(reason: &'static str) -> Self {
        Reason::Interrupted { reason }.into()
    }

    /// The same, about a setting that goes by another name where the user is.
    #[cfg(feature = "flyte")]
    pub(crate) fn renamed(self, setting: &'static str) -> Self {
        match &*self.reason {
            Reason::Configuration { reason, .. } => Self::configuration(setting, reason.clone()),
            _ => self,
        }
    }

    /// What has to be done on a runtime.
    pub(crate) fn no_runtime(what: &'static str) -> Self {
        Reason::NoRuntime { what }.into()
    }

    /// A flow, its discovery or its store makes a call that waits for the login that makes it.
    pub(crate) fn waits_for_itself() -> Self {
        Self::configuration(
            "flow",
            "its login makes a call that waits for that same login; make the call over `anonymous()` of the channel, or with \
             another authenticator",
        )
    }
}

/// A flow that calls a gRPC service of its own may use `?` on its status. UNAVAILABLE and DEADLINE_EXCEEDED count as
/// transient, unless there can be no connection before something is changed: gRPC has no code for that.
impl From<Status> for AuthError {
    fn from(status: Status) -> Self {
        let keeps_failing =
            |error: &&Self| matches!(error.kind(), AuthErrorKind::Unreachable | AuthErrorKind::Untrusted);
        match Self::behind(&status).filter(keeps_failing) {
            Some(error) => error.clone(),
            None => Reason::FlowStatus { status: Box::new(status) }.into(),
        }
    }
}

#[cfg(all(test, feature = "oauth"))]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_says_what_to_do_about_it() {
        for (code, advice) in [
            ("invalid_client", "check the client id and secret"),
            ("unauthorized_client", "check the client id and secret"),
            ("invalid_grant", "log in again"),
            ("invalid_scope", "check the scopes"),
            ("access_denied", "the login was declined"),
            ("unsupported_grant_type", "check the settings of the flow"),
        ] {
            let error = AuthError::rejected("the token request", code.to_owned(), None);
            assert_eq!(error.to_string(), format!("the provider rejected the token request with `{code}`; {advice}"));
        }
    }
}

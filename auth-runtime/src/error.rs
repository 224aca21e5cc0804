//! What can go wrong with credentials, and the only place where that becomes a gRPC status.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use tonic::{Code, Status};

type Source = Arc<dyn StdError + Send + Sync>;

/// Why a login was interrupted of which nobody is to blame: another may start at once.
pub(crate) const RUNTIME_SHUT_DOWN: &str = "its runtime was shut down";

/// Why there are no usable credentials, and what to do about it.
///
/// Cheap to clone: one failed refresh is handed to every call that waited for it. No variant carries a secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// A setting of the authenticator or of a flow cannot work.
    #[error("{setting}: {reason}")]
    Configuration {
        /// The builder method or setting.
        setting: &'static str,
        /// What is wrong with it and what to write instead.
        reason: String,
    },

    /// The request goes somewhere else than to the endpoint that the authenticator was built for.
    #[error(
        "credentials for {bound} are not sent to {actual}; build an authenticator with that endpoint, \
         or a client with this one's"
    )]
    Destination {
        /// Scheme and authority of the authenticator's endpoint.
        bound: String,
        /// Scheme and authority of the request.
        actual: String,
    },

    /// The credentials would cross a network unencrypted (RFC 6750 section 5.3 demands TLS).
    #[error(
        "credentials are not sent in plaintext to {authority}; use an https:// endpoint, \
         or allow_plaintext(true) where the network itself is trusted"
    )]
    Plaintext {
        /// Where they would have gone.
        authority: String,
    },

    /// The certificate of a server, a provider or a proxy is not trusted.
    #[error(
        "the certificate of {peer} is not trusted ({reason}); if an authority of your own signed it, name that \
         authority's certificate with Verify::CaFile, or admin.caCertFilePath in Flyte's configuration"
    )]
    Untrusted {
        /// Who showed the certificate.
        peer: String,
        /// What is wrong with it.
        reason: String,
    },

    /// The server wants credentials and nothing was configured that could get them.
    #[error("the server asks for credentials, but no flow is configured; add .flow(..) to Authenticator::builder")]
    NoFlow,

    /// The provider or the network failed in a way that may pass.
    #[error("{operation} failed for the moment, another attempt may succeed: {source}")]
    Transient {
        /// What was attempted.
        operation: &'static str,
        /// How long the provider asked to be left alone (`Retry-After`), if it did.
        retry_after: Option<Duration>,
        /// The cause.
        source: Source,
    },

    /// Nothing came back in time.
    #[error("{operation} did not end within {after:?}; is the provider reachable from here?")]
    TimedOut {
        /// What was attempted.
        operation: &'static str,
        /// The time-out that ended it.
        after: Duration,
    },

    /// The provider said no (RFC 6749 section 5.2): asking again with the same settings will not help.
    #[error("the provider rejected {operation} with `{code}`{}; {}",
        description.as_deref().map(|text| format!(" ({text})")).unwrap_or_default(), advice(code))]
    Rejected {
        /// What was asked for.
        operation: &'static str,
        /// The OAuth 2 error code.
        code: String,
        /// The provider's own words, with secrets taken out.
        description: Option<String>,
    },

    /// The provider answered with something that is not what the protocol says.
    #[error("{operation} brought an unusable answer: {reason}")]
    InvalidResponse {
        /// What was asked for.
        operation: &'static str,
        /// What is wrong with the answer, without its content.
        reason: String,
    },

    /// Only a person can log in here, and none may be asked: there is no terminal, or asking is switched off.
    #[error("a person has to log in and none may be asked here; log in with `{command}` on a terminal")]
    InteractionNeeded {
        /// The command to run.
        command: String,
    },

    /// Another program refreshes or replaces the stored credentials, and does not come to an end.
    #[error(
        "another program has held the lock on the stored credentials of {endpoint} for {after:?}; \
         wait until its login is done, or end it"
    )]
    StoreLocked {
        /// The endpoint that the credentials are for.
        endpoint: String,
        /// How long was waited.
        after: Duration,
    },

    /// The login was ended from outside: the flow panicked, or the runtime that ran it was shut down.
    #[error("the login was interrupted ({reason}); another is started when one is needed")]
    Interrupted {
        /// What ended it.
        reason: &'static str,
    },

    /// No tokio runtime to run the login on.
    #[error("a login needs a tokio runtime; make the call from within one")]
    NoRuntime,

    /// A flow of the user's own failed.
    #[error("{source}")]
    Flow {
        /// Whether another attempt may help.
        transient: bool,
        /// The flow's own error.
        source: Source,
    },
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

impl AuthError {
    /// For a [`Flow`](crate::Flow) of your own: a failure that another attempt may mend.
    pub fn transient(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Flow { transient: true, source: Arc::from(source.into()) }
    }

    /// For a [`Flow`](crate::Flow) of your own: a failure that stays until something is changed.
    pub fn definite(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Flow { transient: false, source: Arc::from(source.into()) }
    }

    /// Whether another attempt may succeed with nothing changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transient { .. } | Self::TimedOut { .. } | Self::StoreLocked { .. } | Self::Interrupted { .. } => {
                true
            }
            Self::Flow { transient, source } => match source.downcast_ref::<Status>() {
                Some(status) => *transient || matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded),
                None => *transient,
            },
            _ => false,
        }
    }

    /// Whether the provider may answer in a moment, so that a call with time to spare does well to wait.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Transient { .. } | Self::TimedOut { .. } | Self::Flow { .. }) && self.is_transient()
    }

    /// Whether only a new login (by a person, or with another secret) can help.
    pub fn needs_login(&self) -> bool {
        match self {
            Self::Rejected { code, .. } => code == "invalid_grant",
            Self::InteractionNeeded { .. } => true,
            _ => false,
        }
    }

    /// How long the provider asked to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Transient { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The code under which a call fails when this error kept it from being sent.
    ///
    /// Credentials must not produce codes that speak of the call itself (gRPC proposal A54): whatever a flow returns
    /// becomes UNAVAILABLE, UNAUTHENTICATED, or INTERNAL where the flow is at fault.
    fn code(&self) -> Code {
        match self {
            Self::Flow { source, .. } => match source.downcast_ref::<Status>().map(Status::code) {
                Some(
                    Code::Ok
                    | Code::InvalidArgument
                    | Code::NotFound
                    | Code::AlreadyExists
                    | Code::FailedPrecondition
                    | Code::Aborted
                    | Code::OutOfRange
                    | Code::DataLoss,
                ) => Code::Internal,
                Some(code) => code,
                None if self.is_transient() => Code::Unavailable,
                None => Code::Unauthenticated,
            },
            Self::Configuration { .. } | Self::NoRuntime => Code::Internal,
            _ if self.is_transient() => Code::Unavailable,
            _ => Code::Unauthenticated,
        }
    }

    /// The status of a call that was never sent.
    pub(crate) fn into_status(self) -> Status {
        let mut status = Status::new(self.code(), self.to_string());
        status.set_source(Arc::new(self));
        status
    }
}

/// A flow that calls a gRPC service of its own may use `?` on its status. UNAVAILABLE and DEADLINE_EXCEEDED count as
/// transient.
impl From<Status> for AuthError {
    fn from(status: Status) -> Self {
        Self::Flow { transient: false, source: Arc::new(status) }
    }
}

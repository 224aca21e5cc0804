//! The authenticator: one endpoint, one session, shared by all clients of it.

mod builder;
#[cfg(feature = "transport")]
mod connection;
#[cfg(feature = "oauth")]
mod header_source;
mod policy;
#[cfg(feature = "_http")]
mod proxy;

use std::{fmt, sync::Arc};

use http::{HeaderName, HeaderValue};

pub use self::builder::AuthenticatorBuilder;
pub(crate) use self::policy::Policy;
use crate::{
    AuthError, Credentials, Statistics,
    limits::Limits,
    net::destination::Destination,
    session::{Attachment, Session},
};

/// Credentials for one endpoint, got when they are needed and shared by everything that is built on a clone of it.
///
/// Building one contacts nobody. The first call goes out without credentials, so that a server which wants none just
/// works; when the server asks for them the [`Flow`](crate::Flow) brings them, once for however many calls wait.
///
/// ```
/// use auth_runtime::{Authenticator, flow::StaticToken};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com").flow(StaticToken::new("token")).build()?;
/// # Ok(()) }
/// ```
///
/// # Clone
///
/// Clones share the session; a clone costs one reference count. The last one to be dropped ends a login in flight.
#[derive(Clone)]
pub struct Authenticator {
    inner: Arc<Inner>,
}

struct Inner {
    destination: Destination,
    session: Session,
    policy: Policy,
    limits: Arc<Limits>,
    #[cfg(feature = "transport")]
    connection: crate::net::channel::ConnectionSettings,
}

impl Authenticator {
    /// Starts building an authenticator for an endpoint: `https://host[:port]`, `http://host[:port]`, or
    /// `dns:///host[:port]` as Flyte's configuration has it. Credentials never go anywhere else.
    #[doc(alias = "endpoint")]
    pub fn builder(endpoint: impl Into<String>) -> AuthenticatorBuilder {
        AuthenticatorBuilder::new(endpoint.into())
    }

    /// The current credentials. Contacts nobody: `None` before the first login.
    pub fn get_credentials(&self) -> Option<Credentials> {
        self.inner.session.current()
    }

    /// Gets new credentials, whether or not the current ones are still good. Joins a refresh in flight.
    ///
    /// # Errors
    ///
    /// What the flow, or the server's discovery, failed with; [`AuthErrorKind::NoFlow`](crate::AuthErrorKind::NoFlow)
    /// without a flow; [`AuthErrorKind::StoreLocked`](crate::AuthErrorKind::StoreLocked) where another program is at a
    /// login for too long; [`AuthErrorKind::Interrupted`](crate::AuthErrorKind::Interrupted) where a logout, a panic of the
    /// flow or the end of its runtime came in between; and
    /// [`AuthErrorKind::NoRuntime`](crate::AuthErrorKind::NoRuntime) outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the refresh running for others.
    pub async fn refresh_credentials(&self) -> Result<Credentials, AuthError> {
        self.inner.session.refresh().await
    }

    /// Logs in now, unless there are usable credentials. For programs that would rather fail at the start than at the
    /// first call.
    ///
    /// A login that the store does not take is one all the same, for this program: a person is told of it with
    /// [`LoginPrompt::notice`](crate::LoginPrompt::notice).
    ///
    /// # Errors
    ///
    /// As [`refresh_credentials`](Self::refresh_credentials).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the login running; the next call has its credentials.
    pub async fn login(&self) -> Result<Credentials, AuthError> {
        self.inner.session.log_in().await
    }

    /// What the store keeps of this login, expired or not. No provider is asked for it; a keyring that is locked may ask
    /// the person for its password.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Flow`](crate::AuthErrorKind::Flow) where the store could not be read, and
    /// [`AuthErrorKind::NoRuntime`](crate::AuthErrorKind::NoRuntime) outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves everything as it was.
    pub async fn stored_credentials(&self) -> Result<Option<Credentials>, AuthError> {
        self.inner.session.stored_credentials().await
    }

    /// Logs out: this session and its clones have no credentials any more, a login under way ends without any, what the
    /// store keeps of this login is deleted, and the provider is told that its tokens are not used any more
    /// ([`Flow::revoke`](crate::Flow::revoke), RFC 7009). Says whether there was something stored. The next call logs in
    /// anew, as whoever answers that login.
    ///
    /// The provider has ten seconds. Where telling it fails, that is logged as a warning, and the logout stands. One that
    /// names no revocation endpoint is not told, which is no failure.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Flow`](crate::AuthErrorKind::Flow) where the store could not be read or written, and
    /// [`AuthErrorKind::NoRuntime`](crate::AuthErrorKind::NoRuntime) where there is one and no tokio runtime. The session
    /// is logged out all the same.
    ///
    /// # Cancel safety
    ///
    /// The session is logged out when this is first polled. Dropping the future after that may leave the stored
    /// credentials where they are, for the next program to use, or the provider without word.
    pub async fn logout(&self) -> Result<bool, AuthError> {
        self.inner.session.log_out().await
    }

    /// Key and value of the header that the next call carries, after a refresh where one is due; `None` while nobody
    /// knows whether the server wants credentials.
    ///
    /// The value is marked sensitive. It must only be sent to this authenticator's endpoint.
    ///
    /// # Errors
    ///
    /// As [`refresh_credentials`](Self::refresh_credentials), and [`AuthErrorKind::Plaintext`](crate::AuthErrorKind::Plaintext) where the endpoint is not
    /// one that credentials may be sent to.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves a login or refresh that it waited for running for others.
    pub async fn fetch_grpc_call_auth_metadata(&self) -> Result<Option<(HeaderName, HeaderValue)>, AuthError> {
        if let Some(Attachment::Anonymous) = self.inner.session.ready_attachment() {
            return Ok(None);
        }
        // Before a login, which would be in vain.
        self.inner.destination.check(&http::Uri::default())?;
        Ok(match self.inner.session.attachment(None).await? {
            Attachment::Anonymous => None,
            Attachment::Token(issued) => Some((issued.header.key.clone(), issued.header.value.clone())),
        })
    }

    /// Scheme and authority that the credentials are bound to.
    pub fn endpoint(&self) -> String {
        self.inner.destination.origin()
    }

    /// What this authenticator has done so far.
    pub fn statistics(&self) -> Statistics {
        self.inner.session.statistics()
    }

    /// A server rejected credentials of this generation, and the call is not sent again: the next one is to have others.
    pub(crate) fn mark_rejected(&self, generation: u64, method: Option<&str>) {
        self.inner.session.mark_rejected(generation, method);
    }

    pub(crate) fn session(&self) -> &Session {
        &self.inner.session
    }

    pub(crate) fn destination(&self) -> &Destination {
        &self.inner.destination
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.limits
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("endpoint", &self.endpoint())
            .field("session", &self.inner.session)
            .finish_non_exhaustive()
    }
}

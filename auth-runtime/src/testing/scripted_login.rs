//! A login without anybody behind it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use tonic::{Status, metadata::MetadataMap};

use crate::{AuthError, Credentials, Flow, FlowContext, credentials::Lifetime};

/// A [`Flow`] whose logins a test scripts. Where nothing is scripted, each login issues a new token.
///
/// The test's server asks [`check`](Self::check) whether a call carries one of them. This server is called without a
/// socket; [`TokenEndpoint`](super::TokenEndpoint) has one for code that makes its flow itself.
///
/// ```
/// use auth_runtime::{AuthError, Authenticator, testing::ScriptedLogin};
/// # use tonic::{Status, metadata::MetadataMap};
///
/// # #[tokio::main] async fn main() -> Result<(), AuthError> {
/// let login = ScriptedLogin::new();
/// login.then_fail(AuthError::transient("the provider is being updated"));
///
/// let authenticator = Authenticator::builder("https://api.example.com").flow(login.clone()).build()?;
/// assert!(authenticator.refresh_credentials().await.unwrap_err().is_transient());
///
/// // What a method of the test's server begins with: `login.check(request.metadata())?;`
/// # let mut metadata = MetadataMap::new();
/// # let credentials = login.issue();
/// # let token = auth_runtime::ExposeSecret::expose_secret(credentials.access_token());
/// # metadata.insert("authorization", format!("Bearer {token}").parse().unwrap());
/// # assert!(login.check(&metadata).is_ok());
/// login.revoke_all(); // from here on the server rejects all tokens that were issued before
/// # assert!(login.check(&metadata).is_err());
/// # Ok(()) }
/// ```
///
/// # Clone
///
/// Clones are the same login: give one to the authenticator, and keep one.
#[derive(Clone, Default)]
pub struct ScriptedLogin {
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    next: VecDeque<Result<Credentials, AuthError>>,
    lifetime: Option<Duration>,
    attempts: usize,
    issued: Vec<Issued>,
}

/// What the server knows of a token.
struct Issued {
    token: SecretString,
    expires_at: Option<Instant>,
}

impl ScriptedLogin {
    /// Issues tokens that last until they are revoked.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on the tokens last so long.
    #[must_use]
    pub fn expires_in(self, lifetime: Duration) -> Self {
        self.script().lifetime = Some(lifetime);
        self
    }

    /// The next login that has no script yet brings these credentials. The server takes them for as long as they last.
    ///
    /// ```
    /// # use auth_runtime::{Credentials, testing::ScriptedLogin};
    /// # use std::time::Duration;
    /// # let login = ScriptedLogin::new();
    /// login.then_issue(Credentials::new("a token").with_expires_in(Duration::ZERO)); // has expired when it comes
    /// ```
    pub fn then_issue(&self, credentials: Credentials) -> &Self {
        self.then(Ok(credentials))
    }

    /// The next login that has no script yet fails with this.
    pub fn then_fail(&self, error: AuthError) -> &Self {
        self.then(Err(error))
    }

    /// A token that no login asked for: for [`AuthenticatorBuilder::credentials`](crate::AuthenticatorBuilder::credentials).
    pub fn issue(&self) -> Credentials {
        self.script().issue()
    }

    /// The server rejects all tokens issued so far. Their owners do not know it.
    pub fn revoke_all(&self) {
        self.script().issued.clear();
    }

    /// How many logins and refreshes there were, with those that failed.
    pub fn attempts(&self) -> usize {
        self.script().attempts
    }

    /// What the test's server asks: whether a call carries a good token in `authorization`.
    ///
    /// # Errors
    ///
    /// UNAUTHENTICATED, with the reason, for a call without a token, or with one that was not issued here, has expired or
    /// was revoked.
    pub fn check(&self, metadata: &MetadataMap) -> Result<(), Status> {
        let Some(value) = metadata.get("authorization").and_then(|value| value.to_str().ok()) else {
            return Err(Status::unauthenticated("the call carries no token"));
        };
        // The scheme is the flow's to choose.
        let token = value.rsplit_once(' ').map_or(value, |(_scheme, token)| token);
        let script = self.script();
        match script.issued.iter().find(|issued| issued.token.expose_secret() == token) {
            None => Err(Status::unauthenticated("the token was not issued here, or was revoked")),
            Some(Issued { expires_at: Some(end), .. }) if *end <= Instant::now() => {
                Err(Status::unauthenticated("the token has expired"))
            }
            Some(_) => Ok(()),
        }
    }

    /// One login, as the script has it.
    pub(super) fn log_in(&self) -> Result<Credentials, AuthError> {
        let mut script = self.script();
        script.attempts += 1;
        match script.next.pop_front() {
            Some(Ok(credentials)) => {
                script.remember(&credentials);
                Ok(credentials)
            }
            Some(Err(error)) => Err(error),
            None => Ok(script.issue()),
        }
    }

    fn then(&self, outcome: Result<Credentials, AuthError>) -> &Self {
        self.script().next.push_back(outcome);
        self
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Script {
    fn issue(&mut self) -> Credentials {
        // Of one test, and of no other: it is not to be guessed by accident.
        let token = format!("test-{:032x}", fastrand::u128(..));
        let credentials = Credentials::new(token);
        let credentials = match self.lifetime {
            Some(lifetime) => credentials.with_expires_in(lifetime),
            None => credentials,
        };
        self.remember(&credentials);
        credentials
    }

    fn remember(&mut self, credentials: &Credentials) {
        let left = match credentials.lifetime() {
            Lifetime::Unknown => None,
            Lifetime::For { expires_in, .. } => Some(expires_in),
            Lifetime::Until(end) => Some(end.duration_since(SystemTime::now()).unwrap_or_default()),
        };
        self.issued.push(Issued {
            token: credentials.access_token().clone(),
            expires_at: left.and_then(|left| Instant::now().checked_add(left)),
        });
    }
}

impl Flow for ScriptedLogin {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        self.log_in()
    }
}

/// Without the tokens.
impl fmt::Debug for ScriptedLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedLogin").field("attempts", &self.attempts()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn call_with(credentials: &Credentials) -> MetadataMap {
        let mut metadata = MetadataMap::new();
        let value = format!("Bearer {}", credentials.access_token().expose_secret());
        metadata.insert("authorization", value.parse().unwrap());
        metadata
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_takes_what_was_issued_until_its_end_and_until_it_is_revoked() {
        let login = ScriptedLogin::new().expires_in(Duration::from_secs(60));
        let reason = |credentials| login.check(&call_with(credentials)).unwrap_err().message().to_owned();
        let first = login.log_in().unwrap();
        login.check(&call_with(&first)).unwrap();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(reason(&first), "the token has expired");

        let second = login.issue();
        login.check(&call_with(&second)).unwrap();
        login.revoke_all();
        assert_eq!(reason(&second), "the token was not issued here, or was revoked");
        assert_eq!(login.check(&MetadataMap::new()).unwrap_err().message(), "the call carries no token");
        assert_eq!(login.attempts(), 1);
    }

    #[tokio::test]
    async fn what_is_scripted_comes_in_its_order_and_then_tokens_that_all_differ() {
        let login = ScriptedLogin::new();
        login.then_issue(Credentials::raw("chosen")).then_fail(AuthError::permanent("locked"));
        let scripted = login.log_in().unwrap();
        assert_eq!(scripted.access_token().expose_secret(), "chosen");
        let mut without_a_scheme = MetadataMap::new();
        without_a_scheme.insert("authorization", "chosen".parse().unwrap());
        login.check(&without_a_scheme).unwrap();
        assert!(!login.log_in().unwrap_err().is_transient());
        assert!(!login.log_in().unwrap().same_tokens(&login.log_in().unwrap()));
        assert_eq!(login.attempts(), 4);
    }

    #[test]
    fn no_token_is_shown() {
        let login = ScriptedLogin::new();
        let issued = [login.issue(), login.log_in().unwrap()];
        let shown = format!("{login:?}");
        for credentials in issued {
            assert!(!shown.contains(credentials.access_token().expose_secret()), "{shown}");
        }
    }
}

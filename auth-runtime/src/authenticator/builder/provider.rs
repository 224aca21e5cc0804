//! The identity provider: which it is, what stands before it, and where it is remembered.

use std::sync::Arc;

use super::AuthenticatorBuilder;
use crate::{Authenticator, store::Notes};

impl AuthenticatorBuilder {
    /// The identity provider's issuer identifier, such as `https://login.example.com/realms/mine`. All OAuth flows
    /// inherit it, and it alone configures them: their endpoints come from the issuer's own metadata (RFC 8414, OpenID
    /// Connect Discovery), fetched at the first login. What is set on the flow must fit it.
    ///
    /// Where it is set, no server can name another provider, or endpoints of another.
    ///
    /// ```
    /// use auth_runtime::{Authenticator, flow::Pkce};
    ///
    /// # fn main() -> Result<(), auth_runtime::AuthError> {
    /// let authenticator = Authenticator::builder("https://service.example.com")
    ///     .issuer("https://login.example.com")
    ///     .flow(Pkce::new().client_id("my-tool"))
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.provider.issuer = Some(issuer.into()).filter(|issuer| !issuer.is_empty()).map(Into::into);
        self
    }

    /// Credentials for an identity-aware proxy that stands before the identity provider as well: each HTTP request to
    /// the provider carries them, next to its own. They are refreshed once when HTTP 401 or 407 comes back with
    /// something else than the provider's own JSON.
    ///
    /// Build them as those of [`ProxyAuthLayer`](crate::ProxyAuthLayer), with `.header_key("proxy-authorization")`.
    /// They go to the endpoint's own origin, and to hosts of URLs that are set here or on the flow: the issuer's, the
    /// provider's endpoints. A host that only a server names does not see them.
    #[doc(alias = "proxyCommand")]
    pub fn proxy_credentials(mut self, proxy: Authenticator) -> Self {
        self.provider.proxy_credentials = Some(Arc::new(proxy));
        self
    }

    /// Where to remember whom people log in with: one small file for each server, without a secret, that only this user may
    /// read. Where the server names another provider the next time, or asks for more, the person is asked about it, and
    /// where nobody can be asked the login is refused.
    ///
    /// By default that is written where the [store](Self::store) keeps its notes between runs, else into
    /// `$XDG_STATE_HOME/auth-runtime-notes`, else `~/.local/state/auth-runtime-notes` (on macOS in
    /// `~/Library/Application Support`, on Windows in `%LOCALAPPDATA%`). It is written after a login that a person was
    /// asked for at a provider that nobody but the server has named, and by nothing else. Where it cannot be written, a line
    /// in the log says so, and the login goes on.
    pub fn provider_notes_in(mut self, directory: impl Into<std::path::PathBuf>) -> Self {
        self.notes = Some(Notes::in_directory(directory.into()));
        self
    }

    /// Writes no file of its own about whom people log in with: where no [store](Self::store) keeps it, what
    /// [`provider_notes_in`](Self::provider_notes_in) says is remembered only for as long as this authenticator lives. The
    /// next run takes any provider for the first one, so set the [`issuer`](Self::issuer) where you can.
    pub fn without_provider_notes(mut self) -> Self {
        self.notes = Some(Notes::in_memory());
        self
    }
}

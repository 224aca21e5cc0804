//! How server and identity provider are reached, and what is trusted on the way.

use super::AuthenticatorBuilder;
use crate::Verify;

impl AuthenticatorBuilder {
    /// A proxy, as a URL, for the requests to the identity provider and for [`connect`](crate::Authenticator::connect).
    ///
    /// Without it, both take one from the environment for `https://` addresses beyond this machine: `HTTPS_PROXY`, else
    /// `ALL_PROXY`, unless `NO_PROXY` has the host (each also in lower case; `NO_PROXY` as Go reads it: domains, `.suffix`,
    /// `*`, addresses, networks such as `10.0.0.0/8`, each but networks with a port if need be). Plaintext takes none
    /// from the environment. `Authenticator::proxy_for` says which one is taken and why.
    #[doc(alias = "http_proxy_url")]
    pub fn http_proxy(mut self, url: impl Into<String>) -> Self {
        self.http_proxy = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    /// Which certificates are trusted, for gRPC and for the identity provider alike.
    pub fn verify(mut self, verify: Verify) -> Self {
        self.verify = verify;
        self
    }

    /// Whether secrets may travel unencrypted beyond the loopback interface: only where the network itself is
    /// trusted, such as inside a service mesh.
    pub fn allow_plaintext(mut self, allow_plaintext: bool) -> Self {
        self.allow_plaintext = allow_plaintext;
        self
    }
}

//! Which proxy an authenticator's connections take.

use super::Authenticator;
#[cfg(not(feature = "oauth"))]
use crate::net::names::ConnectionNames;
use crate::{AuthError, ProxyChoice};

#[cfg_attr(docsrs, doc(cfg(any(feature = "oauth", feature = "transport"))))]
impl Authenticator {
    /// Which proxy connections to a URL take, and why: to the endpoint, or to the identity provider.
    ///
    /// ```
    /// # fn main() -> Result<(), auth_runtime::AuthError> {
    /// let authenticator = auth_runtime::Authenticator::builder("https://flyte.example.com").build()?;
    /// println!("proxy: {}", authenticator.proxy_for(&authenticator.endpoint())?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a proxy that cannot be used, and for
    /// what is no URL.
    pub fn proxy_for(&self, url: &str) -> Result<ProxyChoice, AuthError> {
        let url = url.parse().map_err(|error| {
            AuthError::configuration("url", format!("not a URL ({error}); write it as https://host/path"))
        })?;
        let source = self.inner.session.source();
        #[cfg(feature = "oauth")]
        let names = source.provider.connection;
        #[cfg(not(feature = "oauth"))]
        let names = ConnectionNames::default();
        ProxyChoice::of(source.http_proxy.as_deref(), &url, names)
    }
}

//! What the configuration says about the session itself.

use secrecy::ExposeSecret as _;

use super::{AuthType, Config};
use crate::{AuthenticatorBuilder, net::destination::without_resolver};

impl Config {
    /// The endpoint with its scheme: `https://`, or `http://` if the endpoint has none and `insecure` is set. gRPC's
    /// `dns:///` and `dns:` are no such scheme.
    pub fn endpoint_url(&self) -> Option<String> {
        let endpoint = without_resolver(self.endpoint.value().as_deref()?);
        let scheme = if *self.insecure.value() { "http" } else { "https" };
        Some(if endpoint.contains("://") { endpoint.to_owned() } else { format!("{scheme}://{endpoint}") })
    }

    pub(crate) fn apply_to(&self, mut builder: AuthenticatorBuilder) -> AuthenticatorBuilder {
        if let Some(url) = self.http_proxy_url.value() {
            builder = builder.http_proxy(url.expose_secret());
        }
        if let Some(key) = self.authorization_header.value() {
            builder = builder.header_key(key);
        }
        if let Some(issuer) = self.issuer.value() {
            builder = builder.issuer(issuer);
        }
        if let Some(bytes) = self.max_message_size_bytes.value() {
            builder = builder.max_decoding_message_size(*bytes);
        }
        if let Some(window) = self.token_refresh_window.value() {
            builder = builder.refresh_window(*window);
        }
        let logs_in = *self.auth_type.value() != AuthType::None;
        builder.login_on_permission_denied(logs_in && *self.login_on_permission_denied.value())
    }
}

//! The URL of a provider's endpoint: which ones secrets may be sent to.

use http::Uri;
use url::Url;

use super::HttpSettings;
use crate::{
    AuthError,
    net::{destination::is_loopback, proxy::Proxy},
};

/// Checks the URL of a token endpoint, or of another that secrets are sent to.
///
/// `setting` names where the URL comes from.
///
/// # Errors
///
/// [`AuthErrorKind::Plaintext`](crate::AuthErrorKind::Plaintext) where the request would cross a network unencrypted (RFC 6749 section 3.2 demands TLS):
/// anything but `https://`, unless the host is this machine or the authenticator allows plaintext.
/// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for what is no URL of an endpoint: without a host, with a fragment (RFC 6749 section
/// 3.2 forbids one), with a user or password. The text is not repeated then, it may hold one.
pub(crate) fn parse_endpoint(setting: &'static str, text: &str, settings: &HttpSettings) -> Result<Url, AuthError> {
    let refuse = |reason: &str| AuthError::configuration(setting, reason.to_owned());
    let url = Url::parse(text).map_err(|error| {
        AuthError::configuration(setting, format!("not a URL ({error}); write it as https://host/path"))
    })?;
    if Uri::try_from(url.as_str()).is_err() {
        return Err(refuse("it is longer than a URL, or has characters that no URL has"));
    }
    if !matches!(url.scheme(), "https" | "http") {
        return Err(refuse("only https:// URLs are supported; write it as https://host/path"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it holds a user name or password; give them to the flow instead"));
    }
    if url.fragment().is_some() {
        return Err(refuse("it has a fragment, which an endpoint must not have; leave out the `#` and what follows"));
    }
    if url.scheme() == "http" && !settings.allow_plaintext {
        if !url.host_str().is_some_and(is_loopback) {
            return Err(AuthError::plaintext(authority(&url)));
        }
        // To this machine, but by way of another.
        let proxy = settings.proxy.as_deref().map(Proxy::parse).transpose()?;
        if let Some(proxy) = proxy.filter(|proxy| !proxy.is_local()) {
            return Err(AuthError::plaintext(proxy.authority()));
        }
    }
    Ok(url)
}

/// Host and port, for messages.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{AuthErrorKind, Verify, net::names::ConnectionNames};

    fn parse(text: &str, proxy: Option<&str>, allow_plaintext: bool) -> Result<Url, AuthError> {
        let proxy = proxy.map(Into::into);
        let attempt_timeout = Duration::from_secs(30);
        let settings = HttpSettings {
            proxy,
            verify: Verify::System,
            identity: None,
            names: ConnectionNames::default(),
            allow_plaintext,
            attempt_timeout,
        };
        parse_endpoint("token_url", text, &settings)
    }

    #[test]
    fn https_is_accepted_anywhere_and_http_on_this_machine() {
        for text in ["https://idp.example/token", "http://127.0.0.1:8080/t", "http://[::1]/t", "http://localhost/t"] {
            assert!(parse(text, None, false).is_ok(), "{text}");
        }
    }

    #[test]
    fn http_elsewhere_needs_to_be_allowed() {
        for text in ["http://idp.example/token", "http://127.0.0.1.example/token", "http://10.0.0.1/"] {
            assert!(parse(text, None, false).is_err_and(|error| error.kind() == AuthErrorKind::Plaintext), "{text}");
            assert!(parse(text, None, true).is_ok(), "{text}");
        }
    }

    #[test]
    fn plaintext_to_this_machine_by_way_of_a_proxy_elsewhere_is_plaintext() {
        let refused = parse("http://127.0.0.1/token", Some("http://proxy.example:3128"), false);
        assert!(refused.is_err_and(|error| error.to_string().contains("in plaintext to proxy.example:3128;")));
        assert!(parse("http://127.0.0.1/token", Some("http://127.0.0.1:3128"), false).is_ok());
        assert!(parse("https://idp.example/token", Some("http://proxy.example:3128"), false).is_ok());
    }

    #[test]
    fn what_is_no_endpoint_is_refused_without_repeating_it() {
        let unusable = [
            "idp.example/hunter2",
            "ftp://idp.example/hunter2",
            "https://idp.example/#hunter2",
            "https://me:hunter2@idp/",
            "https://hunter2@idp/",
            "https://:hunter2@idp/",
            "",
        ];
        for text in unusable {
            let error = parse(text, None, true).unwrap_err();
            assert!(error.setting() == Some("token_url"), "{text}: {error}");
            assert!(!format!("{error}{error:?}").contains("hunter2"), "{error}");
        }
    }
}

//! HTTP proxies, for OAuth's HTTP and for gRPC alike: their addresses, and which one is used.

mod choice;
mod no_proxy;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderValue, Uri,
    uri::{Authority, PathAndQuery},
};
use percent_encoding::percent_decode_str;

pub use self::choice::ProxyChoice;
use super::destination::is_loopback;
use crate::AuthError;

/// A proxy's address, and what it wants to see in `proxy-authorization`.
#[derive(Clone)]
pub(crate) struct Proxy {
    uri: Uri,
    authorization: Option<HeaderValue>,
    /// Where its URL comes from: the builder's method, or a variable.
    setting: &'static str,
}

impl Proxy {
    /// Reads `http://[user:password@]host[:port]`, `https://..`, or without a scheme, which means `http://`.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration), without the text itself: it may hold a password.
    #[cfg(any(feature = "oauth", test))]
    pub(crate) fn parse(text: &str) -> Result<Self, AuthError> {
        Self::read("http_proxy", text)
    }

    fn read(setting: &'static str, text: &str) -> Result<Self, AuthError> {
        let unusable = || {
            AuthError::configuration(
                setting,
                "not a URL; write it as http://host:port or http://user:password@host:port",
            )
        };
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let given: Uri = with_scheme.parse().map_err(|_| unusable())?;
        // Where one of these is, it is most likely a password's, and what stands before it is no address. `Uri` drops what
        // is behind a `#`.
        let is_path = |path: &PathAndQuery| !matches!(path.as_str(), "" | "/");
        if with_scheme.contains('#') || given.path_and_query().is_some_and(is_path) {
            return Err(AuthError::configuration(
                setting,
                "it has something behind host and port; leave that out, and write `/`, `?` and `#` in a user or password \
                 as %2F, %3F and %23",
            ));
        }
        let scheme = given.scheme_str().ok_or_else(unusable)?;
        if scheme != "http" && scheme != "https" {
            return Err(AuthError::configuration(
                setting,
                "only proxies with http:// or https:// are supported; name such a one, or the server's host in NO_PROXY",
            ));
        }
        let authority = given.authority().ok_or_else(unusable)?;
        let (credentials, host) = match authority.as_str().rsplit_once('@') {
            Some((credentials, host)) => (Some(credentials), host),
            None => (None, authority.as_str()),
        };
        let host: Authority = host.parse().map_err(|_| unusable())?;
        let has_no_port = host.as_str().len() == host.host().len();
        if host.host().is_empty() || !(has_no_port || host.port_u16().is_some()) {
            return Err(unusable());
        }
        let uri = Uri::builder().scheme(scheme).authority(host).path_and_query("/").build().map_err(|_| unusable())?;
        let authorization = credentials.map(|credentials| basic(setting, credentials)).transpose()?;
        Ok(Self { uri, authorization, setting })
    }

    /// Its address, without user and password.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Its address for messages.
    pub(crate) fn origin(&self) -> String {
        self.uri.to_string().trim_end_matches('/').to_owned()
    }

    /// What it was named in.
    pub(crate) fn setting(&self) -> &'static str {
        self.setting
    }

    /// It cannot be used.
    #[cfg(feature = "transport")]
    pub(super) fn refuse(&self, reason: &'static str) -> AuthError {
        AuthError::configuration(self.setting, reason)
    }

    /// Host and port, for messages.
    #[cfg(feature = "oauth")]
    pub(crate) fn authority(&self) -> String {
        self.uri.authority().map(ToString::to_string).unwrap_or_default()
    }

    /// User and password as HTTP Basic.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Whether it runs on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.uri.host().is_some_and(is_loopback)
    }
}

/// HTTP Basic (RFC 7617). A URL's user and password are percent-encoded (RFC 3986 section 3.2.1), the header's are not.
fn basic(setting: &'static str, credentials: &str) -> Result<HeaderValue, AuthError> {
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let mut plain: Vec<u8> = percent_decode_str(user).collect();
    plain.push(b':');
    plain.extend(percent_decode_str(password));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(plain)))
        .map_err(|_| AuthError::configuration(setting, "its user or password cannot stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Without the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("uri", &self.uri).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Option<String>) {
        let proxy = Proxy::parse(text).unwrap();
        let credentials = proxy.authorization().map(|value| {
            let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
            String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
        });
        (proxy.uri().to_string(), credentials)
    }

    #[test]
    fn the_scheme_may_be_left_out() {
        assert_eq!(parts("proxy.example:3128"), ("http://proxy.example:3128/".to_owned(), None));
    }

    #[test]
    fn user_and_password_leave_the_url_and_are_decoded() {
        let expected = ("https://proxy.example/".to_owned(), Some("me:p@ss:word".to_owned()));
        assert_eq!(parts("https://me:p%40ss:word@proxy.example"), expected);
    }

    #[test]
    fn other_schemes_are_refused_without_repeating_the_password() {
        for text in ["socks5://me:hunter2@proxy.example", "http://me:hunter2@", "http://me:hun ter2@proxy"] {
            let error = Proxy::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hun"), "{error}");
        }
    }

    #[test]
    fn a_password_that_ends_the_address_early_is_refused_without_being_repeated() {
        for text in
            ["me:hun/ter2@proxy.example", "http://me:8/hunter2@proxy", "me:8?hunter2@proxy", "me:8#hunter2@proxy"]
        {
            let error = Proxy::parse(text).unwrap_err().to_string();
            assert!(error.contains("as %2F, %3F and %23") && !error.contains("hun"), "{error}");
        }
        assert_eq!(parts("http://me:hun%2Fter2@proxy/").1.unwrap(), "me:hun/ter2");
    }

    #[test]
    fn a_port_is_a_number() {
        for text in ["proxy.example:hunter2", "http://proxy.example:", "http://proxy.example:65536", "http://:3128"] {
            let error = Proxy::parse(text).unwrap_err().to_string();
            assert!(error.contains("write it as http://host:port") && !error.contains("hun"), "{error}");
        }
        assert_eq!(parts("[::1]:3128").0, "http://[::1]:3128/");
        assert_eq!(parts("http://[::1]").0, "http://[::1]/");
    }

    #[test]
    fn debug_shows_no_password() {
        assert!(!format!("{:?}", Proxy::parse("http://me:hunter2@proxy").unwrap()).contains("hunter2"));
    }
}

//! The redirect URI: which ones this program can serve.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::AuthError;

/// A redirect URI on this machine (RFC 8252 section 7.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RedirectUri {
    pub(super) url: Url,
    pub(super) port: u16,
    /// Where to listen: both addresses for the name `localhost`, which browsers resolve to either.
    pub(super) addresses: Vec<IpAddr>,
}

impl RedirectUri {
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for one that is not on this machine: anybody could receive the code there.
    pub(super) fn parse(text: &str) -> Result<Self, AuthError> {
        let url = Url::parse(text).map_err(|error| refuse(format!("`{}` is not a URL ({error})", shown(text))))?;
        if url.scheme() != "http" {
            return Err(refuse(format!("`{}` is not http://, which is all that can be served here", shown(text))));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() || url.query().is_some() {
            return Err(refuse("it has more than host, port and path".to_owned()));
        }
        let addresses = match url.host() {
            Some(Host::Domain(name)) if name.eq_ignore_ascii_case("localhost") => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            Some(Host::Ipv4(address)) if address.is_loopback() => vec![address.into()],
            Some(Host::Ipv6(address)) if address.is_loopback() => vec![address.into()],
            _ => return Err(refuse(format!("`{}` is not on this machine", shown(text)))),
        };
        let port = url.port().unwrap_or(80);
        Ok(Self { url, port, addresses })
    }
}

fn shown(text: &str) -> String {
    text.escape_debug().to_string()
}

fn refuse(reason: String) -> AuthError {
    AuthError::configuration(
        "redirect_uri",
        format!("{reason}; register one like http://localhost:53593/callback with the provider"),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn localhost_is_served_on_both_addresses_and_an_address_on_itself() {
        let both: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        assert_eq!(RedirectUri::parse("http://localhost:53593/callback").unwrap().addresses, both);
        assert_eq!(RedirectUri::parse("http://127.0.0.1:1/").unwrap().addresses, both[..1]);
        assert_eq!(RedirectUri::parse("http://[::1]:1/").unwrap().addresses, both[1..]);
        assert_eq!(RedirectUri::parse("http://localhost/").unwrap().port, 80);
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        let unusable = [
            "https://localhost:53593/callback",
            "http://example.com:53593/callback",
            "http://0.0.0.0:53593/callback",
            "http://localhost.example.com/callback",
            "http://192.168.0.1/callback",
            "http://[2001:db8::1]:53593/callback",
            "http://me:secret@localhost/callback",
            "http://me@localhost/callback",
            "http://:secret@localhost/callback",
            "http://localhost/callback?query",
            "http://localhost/callback#part",
            "myapp:/callback",
            "localhost",
            "",
        ];
        for text in unusable {
            let error = RedirectUri::parse(text).unwrap_err().to_string();
            assert!(error.starts_with("redirect_uri: ") && error.contains("localhost:53593"), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_is_refused_is_repeated_without_control_characters() {
        for (text, shown) in [
            ("https://localhost/\u{1b}", "`https://localhost/\\u{1b}` is not http://"),
            ("http://example.com/", "`http://example.com/` is not on this machine"),
            ("no\nURL", "`no\\nURL` is not a URL"),
        ] {
            let error = RedirectUri::parse(text).unwrap_err().to_string();
            assert!(error.contains(shown), "{error}");
        }
    }
}

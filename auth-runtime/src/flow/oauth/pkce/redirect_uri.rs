//! The redirect URI: which ones this program can serve.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::AuthError;

/// A redirect URI on this machine (RFC 8252 section 7.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RedirectUri {
    pub(super) url: Url,
    /// As it was written: providers compare it byte for byte (RFC 9700 section 2.1).
    pub(super) text: String,
    pub(super) port: u16,
    /// Where to listen: both addresses for the name `localhost`, which browsers resolve to either.
    pub(super) addresses: Vec<IpAddr>,
}

impl RedirectUri {
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for one that is not on this machine: anybody could receive the code there.
    pub(super) fn parse(text: &str) -> Result<Self, AuthError> {
        let url = Url::parse(text).map_err(|error| not_a_url(text, error))?;
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
        let as_written = text.bytes().all(|byte| byte.is_ascii_graphic());
        let text = if as_written { text.to_owned() } else { url.to_string() };
        Ok(Self { url, text, port, addresses })
    }

    /// The same with the port that was taken in the place of any free one.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for one that is no URL with that port.
    pub(super) fn on_port(mut self, port: u16) -> Result<Self, AuthError> {
        if self.port == port {
            return Ok(self);
        }
        // A backslash ends the host as well, as browsers read it.
        let authority = self.text.find(':').map_or(0, |end| end + 1);
        let authority = authority + self.text[authority..].bytes().take_while(|byte| b"/\\".contains(byte)).count();
        let end = self.text[authority..].find(['/', '\\']).map_or(self.text.len(), |length| authority + length);
        let colon = self.text[authority..end].rfind(':').map_or(end, |colon| authority + colon);
        self.text.replace_range(colon..end, &format!(":{port}"));
        self.url = Url::parse(&self.text).map_err(|error| not_a_url(&self.text, error))?;
        self.port = port;
        Ok(self)
    }
}

fn shown(text: &str) -> String {
    text.escape_debug().to_string()
}

/// What is said of one that cannot be read.
pub(super) fn not_a_url(text: &str, error: url::ParseError) -> AuthError {
    refuse(format!("`{}` is not a URL ({error})", shown(text)))
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
    fn the_text_stays_as_it_was_written_but_for_a_free_port() {
        for (written, sent) in [
            ("http://localhost:53801", "http://localhost:53801"),
            ("http://LOCALHOST:53801/Call%2fback", "http://LOCALHOST:53801/Call%2fback"),
            ("http://127.0.0.1:80/", "http://127.0.0.1:80/"),
            ("http://localhost:0", "http://localhost:7"),
            ("http://[::1]:0/a:0", "http://[::1]:7/a:0"),
            ("http://localhost:00/", "http://localhost:7/"),
            (" http://localhost:0/ ", "http://localhost:7/"),
            ("http:localhost:0/a", "http:localhost:7/a"),
            (r"http:\\localhost:0\a", r"http:\\localhost:7\a"),
        ] {
            let parsed = RedirectUri::parse(written).unwrap();
            let port = if parsed.port == 0 { 7 } else { parsed.port };
            assert_eq!(parsed.on_port(port).unwrap().text, sent, "{written}");
        }
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

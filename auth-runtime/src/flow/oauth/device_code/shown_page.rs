//! What a person is shown of a device login, in a provider's words.

use std::time::Duration;

use oauth2::{DeviceAuthorizationResponse, ExtraDeviceAuthorizationFields};
use url::{Host, Url};

use crate::{AuthError, DeviceCodePrompt, discovery::Reason, limits, plain_text::plain_text, prompt::LoginSubject};

const OPERATION: &str = "the device authorization request";

/// Providers whose pages are on another origin than their device endpoint: its host, and how the pages begin. A page
/// counts for its own provider's endpoint alone: else whoever has begun a login there could have it answered here.
const KNOWN: [(&str, &[&str]); 4] = [
    (
        "login.microsoftonline.com",
        &[
            "https://microsoft.com/devicelogin",
            "https://www.microsoft.com/devicelogin",
            "https://www.microsoft.com/link",
            "https://login.microsoft.com/device",
        ],
    ),
    ("login.microsoftonline.us", &["https://microsoft.com/deviceloginus"]),
    ("login.partner.microsoftonline.cn", &["https://microsoft.com/deviceloginchina"]),
    ("oauth2.googleapis.com", &["https://www.google.com/device"]),
];

/// Which pages a person may be sent to.
#[derive(Debug)]
pub(super) struct ExpectedPages {
    device_endpoint: Url,
    /// The user has named the provider, whose pages may then be anywhere. Else they are on the device endpoint's origin, or
    /// known to be its own.
    anywhere: bool,
    /// Plaintext is allowed: then also to a page on the device endpoint's own origin.
    plaintext: bool,
}

impl ExpectedPages {
    pub(super) fn of(device_endpoint: &Url, reason: Reason, plaintext: bool) -> Self {
        let anywhere = matches!(reason, Reason::Local | Reason::LocalIssuer);
        Self { device_endpoint: device_endpoint.clone(), anywhere, plaintext }
    }

    fn include(&self, page: &Url) -> bool {
        let endpoint = &self.device_endpoint;
        let known = |(host, pages): &(&str, &[&str])| {
            endpoint.host_str() == Some(host) && pages.iter().any(|known| is_at(page, known))
        };
        self.anywhere || self.is_own(page) || (endpoint.scheme() == "https" && KNOWN.iter().any(known))
    }

    fn is_safe(&self, page: &Url) -> bool {
        is_encrypted_or_here(page) || (self.plaintext && page.scheme() == "http" && self.is_own(page))
    }

    fn is_own(&self, page: &Url) -> bool {
        page.origin() == self.device_endpoint.origin()
    }
}

/// Whether the page is this one, whatever its query.
fn is_at(page: &Url, known: &str) -> bool {
    Url::parse(known).is_ok_and(|known| known.origin() == page.origin() && known.path() == page.path())
}

/// As plain text, and only pages that a person can safely be sent to.
#[derive(Debug)]
pub(super) struct ShownPage {
    uri: String,
    complete_uri: Option<String>,
    user_code: String,
}

impl ShownPage {
    /// # Errors
    ///
    /// [`AuthErrorKind::InvalidResponse`](crate::AuthErrorKind::InvalidResponse) for a page that is neither encrypted nor on
    /// this machine, or no web page at all, and for one that is not this provider's.
    pub(super) fn of<E>(
        authorization: &DeviceAuthorizationResponse<E>,
        expected: &ExpectedPages,
    ) -> Result<Self, AuthError>
    where
        E: ExtraDeviceAuthorizationFields,
    {
        let complete = authorization.verification_uri_complete().map(|complete| page(complete.secret(), expected));
        Ok(Self {
            uri: page(authorization.verification_uri().as_str(), expected)?,
            complete_uri: complete.transpose()?,
            user_code: code(authorization.user_code().secret())?,
        })
    }

    pub(super) fn prompt<'a>(&'a self, expires_in: Duration, subject: LoginSubject<'a>) -> DeviceCodePrompt<'a> {
        DeviceCodePrompt {
            verification_uri: &self.uri,
            verification_uri_complete: self.complete_uri.as_deref(),
            user_code: &self.user_code,
            expires_in,
            subject,
        }
    }
}

/// # Errors
///
/// For one that nobody types in.
fn code(user_code: &str) -> Result<String, AuthError> {
    let longest = limits::MAX_USER_CODE_CHARS;
    match user_code.chars().nth(longest) {
        Some(_) => Err(AuthError::invalid_response(
            OPERATION,
            format!("the code to type in is longer than {longest} characters; is the provider the right one?"),
        )),
        None => Ok(plain_text(user_code).into_owned()),
    }
}

fn page(uri: &str, expected: &ExpectedPages) -> Result<String, AuthError> {
    let longest = limits::MAX_PAGE_BYTES;
    if uri.len() > longest {
        let reason = format!("the page to log in at is longer than {longest} bytes; is the provider the right one?");
        return Err(AuthError::invalid_response(OPERATION, reason));
    }
    let refuse = |reason: &str| {
        let shown = plain_text(uri);
        Err(AuthError::invalid_response(OPERATION, format!("the page `{shown}` to log in at {reason}")))
    };
    let Ok(url) = Url::parse(uri) else { return refuse("is no URL; is the provider the right one?") };
    if !expected.is_safe(&url) {
        return refuse("is not https://; is the provider the right one?");
    }
    if !expected.include(&url) {
        return refuse(
            "is not on the provider's own origin, and only the server names the provider; if it is yours, set its issuer",
        );
    }
    Ok(as_checked(url))
}

/// The page that was checked, and not as the provider writes it: a browser skips line ends in a URL, where a terminal ends a
/// link, and reads what looks like a host as a user's name.
fn as_checked(mut url: Url) -> String {
    // Fails for URLs without a host, which are not shown.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.into()
}

fn is_encrypted_or_here(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_sent_to_encrypted_pages_and_to_this_machine_only() {
        let pages = |plaintext| ExpectedPages::of(&"http://idp.test/device".parse().unwrap(), Reason::Local, plaintext);
        for (uri, safe) in
            [("http://idp.test/page", true), ("http://idp.test:81/page", false), ("ftp://idp.test/", false)]
        {
            assert_eq!(page(uri, &pages(true)).is_ok(), safe, "{uri}, where plaintext is allowed");
            assert!(page(uri, &pages(false)).is_err(), "{uri}");
        }
        let page = |uri: &str| page(uri, &pages(false));
        for uri in ["https://idp.example/device?a=b", "http://localhost:1/d", "http://127.0.0.1/d", "http://[::1]/d"] {
            assert!(page(uri).is_ok_and(|shown| shown == uri), "{uri}");
        }
        for uri in ["http://idp.example/device", "javascript:alert(1)", "file:///etc/passwd", "ssh://idp", "idp", ""] {
            assert!(page(uri).is_err_and(|error| error.to_string().contains(uri)), "{uri}");
        }
        for (uri, checked) in [
            ("https://idp.example/\u{1b}[2J\u{202e}", "https://idp.example/%1B[2J%E2%80%AE"),
            ("https://idp.example\n.evil.example/d", "https://idp.example.evil.example/d"),
            ("https://idp.example\u{200b}.evil.example/d", "https://idp.example.evil.example/d"),
            ("https://idp.example:443@evil.example/d", "https://evil.example/d"),
            ("https://idp.example\\@evil.example/d", "https://idp.example/@evil.example/d"),
            ("https://\u{456}dp.example/d", "https://xn--dp-goc.example/d"),
        ] {
            assert_eq!(page(uri).unwrap(), checked, "{uri:?}");
        }
    }

    #[test]
    fn the_pages_of_a_provider_that_only_the_server_names_are_its_own() {
        let entra = "https://login.microsoftonline.com/tenant/oauth2/v2.0/devicecode";
        let google = "https://oauth2.googleapis.com/device/code";
        let rows = [
            ("https://idp.example/oauth/device", "https://idp.example/activate?code=1", true),
            ("https://idp.example/oauth/device", "https://login.idp.example/activate", false),
            ("https://idp.example/oauth/device", "https://idp.example:8443/activate", false),
            ("http://127.0.0.1:1/device", "http://127.0.0.1:1/activate", true),
            ("http://127.0.0.1:1/device", "http://127.0.0.1:2/activate", false),
            (entra, "https://microsoft.com/devicelogin", true),
            (entra, "https://login.microsoft.com/device?otc=ABC", true),
            (entra, "https://microsoft.com/another", false),
            (entra, "https://microsoft.com.evil.example/devicelogin", false),
            (entra, "https://www.google.com/device", false),
            (google, "https://www.google.com/device", true),
            (google, "https://www.google.com/url?q=https://evil.example", false),
            // Somebody else's login at Entra, to be answered here.
            ("https://evil.example/device", "https://microsoft.com/devicelogin", false),
            ("https://login.microsoftonline.com.evil.example/device", "https://microsoft.com/devicelogin", false),
        ];
        for (endpoint, uri, expected) in rows {
            for reason in [Reason::OwnOrigin, Reason::PublishedIssuer] {
                let pages = ExpectedPages::of(&endpoint.parse().unwrap(), reason, false);
                assert_eq!(page(uri, &pages).is_ok(), expected, "{endpoint} {uri}");
            }
            for reason in [Reason::Local, Reason::LocalIssuer] {
                let pages = ExpectedPages::of(&endpoint.parse().unwrap(), reason, false);
                assert!(page(uri, &pages).is_ok(), "{endpoint} {uri}");
            }
        }
    }
}

//! What a person is shown of a device login, in a provider's words.

use std::time::Duration;

use oauth2::{DeviceAuthorizationResponse, ExtraDeviceAuthorizationFields};
use url::{Host, Url};

use crate::{AuthError, DeviceCodePrompt, plain_text::plain_text};

const OPERATION: &str = "the device authorization request";

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
    /// this machine, or no web page at all.
    pub(super) fn of<E>(authorization: &DeviceAuthorizationResponse<E>) -> Result<Self, AuthError>
    where
        E: ExtraDeviceAuthorizationFields,
    {
        let complete = authorization.verification_uri_complete().map(|complete| page(complete.secret()));
        Ok(Self {
            uri: page(authorization.verification_uri().as_str())?,
            complete_uri: complete.transpose()?,
            user_code: plain_text(authorization.user_code().secret()).into_owned(),
        })
    }

    pub(super) fn prompt<'a>(
        &'a self,
        expires_in: Duration,
        provider: &'a str,
        server: &'a str,
    ) -> DeviceCodePrompt<'a> {
        DeviceCodePrompt {
            verification_uri: &self.uri,
            verification_uri_complete: self.complete_uri.as_deref(),
            user_code: &self.user_code,
            expires_in,
            provider,
            server,
        }
    }
}

fn page(uri: &str) -> Result<String, AuthError> {
    let shown = plain_text(uri);
    let trusted = Url::parse(uri).is_ok_and(|url| match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    });
    match trusted {
        true => Ok(shown.into_owned()),
        false => Err(AuthError::invalid_response(
            OPERATION,
            format!("the page `{shown}` to log in at is not https://; is the provider the right one?"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_person_is_sent_to_encrypted_pages_and_to_this_machine_only() {
        for uri in ["https://idp.example/device?a=b", "http://localhost:1/d", "http://127.0.0.1/d", "http://[::1]/d"] {
            assert!(page(uri).is_ok_and(|shown| shown == uri), "{uri}");
        }
        for uri in ["http://idp.example/device", "javascript:alert(1)", "file:///etc/passwd", "ssh://idp", "idp", ""] {
            assert!(page(uri).is_err_and(|error| error.to_string().contains(uri)), "{uri}");
        }
        assert!(page("https://idp.example/\u{1b}[2J\u{202e}").is_ok_and(|shown| shown == "https://idp.example/ [2J "));
    }
}

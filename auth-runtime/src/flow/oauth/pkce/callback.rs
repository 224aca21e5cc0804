//! What comes to the redirect URI: which request ends the login, and how.

use std::borrow::Cow;

use http::{Method, Uri};
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

use super::super::wire::Secrets;
use crate::{AuthError, discovery::IssuerCheck};

const OPERATION: &str = "the authorization";

/// What a callback must hold to be the answer to this login.
pub(crate) struct Expected {
    pub(crate) state: SecretString,
    pub(crate) issuer: IssuerCheck,
}

/// What a request to the listener is.
pub(super) enum Verdict {
    /// Not for the redirect URI: a favicon, a scanner.
    ElsewhereOnThisServer,
    /// For the redirect URI, but not as a browser follows a redirect.
    NotGet,
    /// Not the answer to this login. Anybody who can make the browser open a page can send such a request: it ends
    /// nothing.
    Foreign,
    /// The answer: a code, or why there is none.
    Answer(Result<SecretString, AuthError>),
}

impl Expected {
    pub(super) fn judge(&self, path: &str, method: &Method, uri: &Uri) -> Verdict {
        if uri.path() != path {
            return Verdict::ElsewhereOnThisServer;
        }
        if method != Method::GET {
            return Verdict::NotGet;
        }
        let query = uri.query().unwrap_or_default();
        // RFC 6749 section 10.12: without it the request is not known to come from this login.
        if one(query, "state").as_deref() != Some(self.state.expose_secret()) {
            return Verdict::Foreign;
        }
        Verdict::Answer(self.read(query))
    }

    /// RFC 6749 section 4.1.2, RFC 9207 section 2.4.
    fn read(&self, query: &str) -> Result<SecretString, AuthError> {
        let code = one(query, "code").filter(|code| !code.is_empty());
        let sent: Vec<&str> = code.as_deref().into_iter().chain([self.state.expose_secret()]).collect();
        let secrets = Secrets::new(sent);
        if let Err(reason) = self.issuer.check(one(query, "iss").as_deref()) {
            let reason = format!("it {}; is the login page the right one?", secrets.clean(&reason));
            return Err(AuthError::invalid_response(OPERATION, reason));
        }
        if let Some(error) = one(query, "error") {
            return Err(AuthError::rejected(
                OPERATION,
                secrets.clean(&error),
                one(query, "error_description").map(|words| secrets.clean(&words)),
            ));
        }
        match code {
            Some(code) => Ok(SecretString::from(code.into_owned())),
            None => Err(AuthError::invalid_response(OPERATION, "the browser came back without a code; try again")),
        }
    }
}

/// The value of a parameter that stands in the query once (RFC 6749 section 3.1 forbids to repeat one).
fn one<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(given, _)| given == name);
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn judge(method: Method, uri: &str) -> Verdict {
        let expected = Expected { state: "S+/=".into(), issuer: IssuerCheck::of("https://idp") };
        expected.judge("/callback", &method, &uri.parse().unwrap())
    }

    fn answer(uri: &str) -> Result<String, AuthError> {
        match judge(Method::GET, uri) {
            Verdict::Answer(outcome) => outcome.map(|code| code.expose_secret().to_owned()),
            _ => panic!("{uri} is no answer"),
        }
    }

    #[test]
    fn the_code_of_the_right_state_is_the_answer() {
        assert_eq!(answer("/callback?code=a%2Bb&state=S%2B/%3D").unwrap(), "a+b");
        assert_eq!(answer("/callback?iss=https://idp&state=S%2B/%3D&code=c").unwrap(), "c");
    }

    #[test]
    fn other_paths_and_methods_are_not_for_the_login() {
        for uri in ["/", "/favicon.ico", "/callback/", "/Callback?state=S%2B/%3D&code=c"] {
            assert!(matches!(judge(Method::GET, uri), Verdict::ElsewhereOnThisServer), "{uri}");
        }
        for method in [Method::POST, Method::HEAD, Method::OPTIONS] {
            assert!(matches!(judge(method, "/callback?state=S%2B/%3D&code=c"), Verdict::NotGet));
        }
    }

    #[test]
    fn whatever_has_not_the_state_is_foreign() {
        let foreign = [
            "/callback",
            "/callback?code=c",
            "/callback?code=c&state=",
            "/callback?code=c&state=other",
            "/callback?error=access_denied",
            "/callback?error=access_denied&state=other",
            "/callback?code=c&state=S%2B/%3D&state=S%2B/%3D",
        ];
        for uri in foreign {
            assert!(matches!(judge(Method::GET, uri), Verdict::Foreign), "{uri}");
        }
    }

    #[test]
    fn an_error_a_missing_code_and_another_issuer_are_answers_without_a_code() {
        let error = answer("/callback?error=access_denied&error_description=no%0A&state=S%2B/%3D").unwrap_err();
        assert!(error.oauth_error() == Some("access_denied"), "{error}");
        for uri in
            ["/callback?state=S%2B/%3D", "/callback?code=&state=S%2B/%3D", "/callback?code=a&code=b&state=S%2B/%3D"]
        {
            assert!(answer(uri).unwrap_err().to_string().contains("without a code"), "{uri}");
        }
        let mixed_up = answer("/callback?code=c&iss=https://evil&state=S%2B/%3D").unwrap_err().to_string();
        assert!(mixed_up.contains("https://evil") && mixed_up.contains("https://idp"), "{mixed_up}");
    }
}

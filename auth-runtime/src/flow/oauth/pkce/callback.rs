//! What a callback says of the login that it belongs to.

use std::borrow::Cow;

use secrecy::SecretString;
use url::form_urlencoded;

use super::super::wire::Secrets;
use crate::{AuthError, discovery::IssuerCheck};

const OPERATION: &str = "the authorization";

/// The parameters of a callback.
#[derive(Clone, Copy)]
pub(super) struct Callback<'a>(&'a str);

impl<'a> Callback<'a> {
    pub(super) fn new(query: Option<&'a str>) -> Self {
        Self(query.unwrap_or_default())
    }

    /// RFC 6749 section 10.12: without it the request is not known to come from this login.
    pub(super) fn state(self) -> Option<Cow<'a, str>> {
        one(self.0, "state")
    }

    /// RFC 6749 section 4.1.2, RFC 9207 section 2.4.
    ///
    /// # Errors
    ///
    /// What the provider refused the login with, or why there is no code to redeem.
    pub(super) fn read(self, state: &str, issuer: &IssuerCheck) -> Result<SecretString, AuthError> {
        let query = self.0;
        let code = one(query, "code").filter(|code| !code.is_empty());
        let sent: Vec<&str> = code.as_deref().into_iter().chain([state]).collect();
        let secrets = Secrets::new(sent);
        if let Err(reason) = check_each(query, issuer) {
            let reason = format!("it {}; is the login page the right one?", secrets.clean(&reason));
            return Err(AuthError::invalid_response(OPERATION, reason));
        }
        if let Some(error) = all(query, "error").next() {
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

/// Each issuer that is named has to be the right one: a login page that sends the browser on to another provider may put one
/// into the redirect URI, beside which that provider puts its own.
fn check_each(query: &str, issuer: &IssuerCheck) -> Result<(), String> {
    let mut named = all(query, "iss").peekable();
    match named.peek() {
        Some(_) => named.try_for_each(|named| issuer.check(Some(&named))),
        None => issuer.check(None),
    }
}

/// The value of a parameter that stands in the query once (RFC 6749 section 3.1 forbids to repeat one).
fn one<'a>(query: &'a str, name: &'a str) -> Option<Cow<'a, str>> {
    let mut values = all(query, name);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

fn all<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = Cow<'a, str>> {
    form_urlencoded::parse(query.as_bytes()).filter(move |(given, _)| given == name).map(|(_, value)| value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn answer(query: &str) -> Result<String, AuthError> {
        let callback = Callback::new(Some(query));
        assert_eq!(callback.state().as_deref(), Some("S+/="), "{query}");
        callback.read("S+/=", &IssuerCheck::of("https://idp")).map(|code| code.expose_secret().to_owned())
    }

    #[test]
    fn the_code_is_read_as_it_was_encoded() {
        assert_eq!(answer("code=a%2Bb&state=S%2B/%3D").unwrap(), "a+b");
        assert_eq!(answer("iss=https://idp&state=S%2B/%3D&code=c").unwrap(), "c");
    }

    #[test]
    fn a_state_that_is_missing_or_repeated_is_none() {
        for query in [None, Some(""), Some("code=c"), Some("error=access_denied"), Some("state=S&state=S")] {
            assert_eq!(Callback::new(query).state(), None, "{query:?}");
        }
    }

    #[test]
    fn an_error_a_missing_code_and_another_issuer_are_responses_without_a_code() {
        let error = answer("error=access_denied&error_description=no%0A&state=S%2B/%3D").unwrap_err();
        assert!(error.oauth_error() == Some("access_denied"), "{error}");
        for query in ["state=S%2B/%3D", "code=&state=S%2B/%3D", "code=a&code=b&state=S%2B/%3D"] {
            assert!(answer(query).unwrap_err().to_string().contains("without a code"), "{query}");
        }
        let error = answer("code=the-code&error=access_denied&error=access_denied&state=S%2B/%3D").unwrap_err();
        assert!(error.oauth_error() == Some("access_denied"), "{error}");
        for twice in ["iss=https://idp&iss=https://evil", "iss=https://evil&iss=https://idp", "iss=&iss=https://idp"] {
            let error = answer(&format!("code=the-code&{twice}&state=S%2B/%3D")).unwrap_err().to_string();
            assert!(error.contains("and not from `https://idp`"), "{twice}: {error}");
        }
        let mixed_up = answer("code=c&iss=https://evil&state=S%2B/%3D").unwrap_err().to_string();
        assert!(mixed_up.contains("https://evil") && mixed_up.contains("https://idp"), "{mixed_up}");
    }
}

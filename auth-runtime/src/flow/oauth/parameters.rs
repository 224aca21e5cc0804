//! Parameters of requests that no setting of ours knows.

use std::fmt;

use crate::AuthError;

/// What a login sets itself. To change one of these would be another login than the one that is checked here.
const RESERVED: [&str; 22] = [
    "assertion",
    "audience",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "device_code",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "subject_token",
    "token",
];

/// More parameters of a request, in the order in which they were set. A name may be there more than once, as `resource`
/// may (RFC 8707 section 2).
#[derive(Clone, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Without a value it is not sent (RFC 6749 section 3.1).
    pub(super) fn add(&mut self, name: String, value: String) {
        if !value.is_empty() {
            self.0.push((name, value));
        }
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a parameter that is the login's own.
    pub(super) fn check(&self, setting: &'static str) -> Result<(), AuthError> {
        for (name, _) in &self.0 {
            let known = name.trim().to_ascii_lowercase();
            if known.is_empty() {
                return Err(AuthError::configuration(setting, "a parameter has no name; give it one"));
            }
            if RESERVED.contains(&known.as_str()) {
                return Err(AuthError::configuration(
                    setting,
                    format!("`{known}` is the login's own; leave it out, or use the setting of the flow for it"),
                ));
            }
        }
        Ok(())
    }
}

/// The names alone.
impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Parameters {
        let mut parameters = Parameters::default();
        parameters.add(name.to_owned(), "the value".to_owned());
        parameters
    }

    #[test]
    fn what_is_the_logins_own_is_refused_however_it_is_written() {
        for name in RESERVED.iter().copied().chain(["State", " redirect_uri", "", " "]) {
            let error = of(name).check("authorization_param");
            assert!(error.is_err_and(|error| error.setting() == Some("authorization_param")), "{name}");
        }
        for name in ["prompt", "login_hint", "resource", "organization", "acr_values", "nonce", "codex"] {
            assert!(of(name).check("authorization_param").is_ok(), "{name}");
        }
    }

    #[test]
    fn values_are_not_shown_and_empty_ones_not_sent() {
        let mut parameters = of("prompt");
        parameters.add("login_hint".to_owned(), String::new());
        assert_eq!(format!("{parameters:?}"), r#"["prompt"]"#);
    }
}

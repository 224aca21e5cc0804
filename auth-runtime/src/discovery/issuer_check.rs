//! Whether an authorization response comes from the provider that the login was begun at (RFC 9207).

use url::Url;

/// The issuer that an authorization response must name, if it names one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IssuerCheck {
    /// The login's issuer, where there is one.
    pub(crate) issuer: Option<String>,
    /// Where there is none: the origin of the token endpoint, which gets the code.
    pub(crate) origin: Option<String>,
    /// Whether a response without one is none: the issuer is known to name itself in each, or the user says so.
    pub(crate) required: bool,
}

impl IssuerCheck {
    /// This issuer, if a response names one.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of(issuer: &str) -> Self {
        Self { issuer: Some(issuer.to_owned()), ..Self::default() }
    }

    /// What is wrong with the `iss` of a response; nothing if it is the right one. It may stand behind "it".
    ///
    /// # Errors
    ///
    /// The reason, which repeats `iss`.
    pub(crate) fn check(&self, iss: Option<&str>) -> Result<(), String> {
        match (iss, &self.issuer) {
            (None, _) if self.required => {
                Err("does not name its issuer, as each response of this provider is to do".to_owned())
            }
            (None, _) => Ok(()),
            (Some(iss), Some(issuer)) if iss == issuer => Ok(()),
            (Some(iss), Some(issuer)) => Err(format!("is from the issuer `{iss}` and not from `{issuer}`")),
            (Some(iss), None) => {
                let origin = Url::parse(iss).map(|iss| iss.origin().ascii_serialization()).unwrap_or_default();
                match &self.origin {
                    Some(expected) if *expected != origin => Err(format!(
                        "is from the issuer `{iss}` and not from {expected}, where the code would go; if that is your \
                         provider, set its issuer"
                    )),
                    _ => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_compared_to_the_letter_and_without_one_its_origin_is() {
        let known = |required| IssuerCheck { issuer: Some("https://idp/a".to_owned()), origin: None, required };
        let unknown = IssuerCheck { issuer: None, origin: Some("https://idp".to_owned()), required: false };
        let rows = [
            (known(false), Some("https://idp/a"), true),
            (known(false), Some("https://idp/A"), false),
            (known(false), Some("https://idp/a/"), false),
            (known(false), None, true),
            (known(true), None, false),
            (known(true), Some("https://idp/a"), true),
            (unknown.clone(), None, true),
            (unknown.clone(), Some("https://idp/realm"), true),
            (unknown.clone(), Some("https://IDP:443"), true),
            (unknown.clone(), Some("http://idp"), false),
            (unknown.clone(), Some("https://honest"), false),
            (unknown, Some("no URL"), false),
        ];
        for (check, iss, right) in rows {
            assert_eq!(check.check(iss).is_ok(), right, "{check:?} {iss:?}");
        }
    }
}

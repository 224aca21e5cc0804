//! Which way to log in.

use std::fmt;

/// How to log in: `admin.authType`.
///
/// The spellings are those of flytekit, where the case does not count, and of Flyte 2. [`Connector`](crate::flyte::Connector)
/// has an example of a flow of one's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "auth_mode")]
pub enum AuthType {
    /// `Pkce` or `standard`: a person logs in with a browser on this machine.
    #[default]
    Pkce,
    /// `DeviceFlow`: a person logs in with a browser anywhere.
    DeviceFlow,
    /// `ClientSecret`, `client_credentials` or `basic`: the program logs in by itself.
    ClientSecret,
    /// `ExternalCommand` or `external_process`: a command prints a token.
    ExternalCommand,
    /// `Passthrough`: each call brings credentials of its own.
    Passthrough,
    /// `None`: no login at all.
    None,
    /// Any other name: a flow that the program registered under it.
    Custom(String),
}

/// The usual spelling first: errors list these.
const SPELLINGS: [(&str, AuthType); 10] = [
    ("Pkce", AuthType::Pkce),
    ("DeviceFlow", AuthType::DeviceFlow),
    ("ClientSecret", AuthType::ClientSecret),
    ("ExternalCommand", AuthType::ExternalCommand),
    ("Passthrough", AuthType::Passthrough),
    ("None", AuthType::None),
    ("standard", AuthType::Pkce),
    ("client_credentials", AuthType::ClientSecret),
    ("basic", AuthType::ClientSecret),
    ("external_process", AuthType::ExternalCommand),
];

impl AuthType {
    /// The way that a name stands for.
    pub fn named(name: &str) -> Self {
        let known = SPELLINGS.into_iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(name));
        known.map_or_else(|| Self::Custom(name.to_owned()), |(_, auth_type)| auth_type)
    }

    /// The names that need no registration.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        SPELLINGS.into_iter().map(|(name, _)| name).take(6)
    }
}

impl fmt::Display for AuthType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(name) => f.write_str(name),
            known => {
                let spelling = SPELLINGS.iter().find(|(_, auth_type)| auth_type == known);
                f.write_str(spelling.map_or("", |(name, _)| name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_flytekit_and_flyte_2_is_known_in_any_case() {
        let cases = [
            ("standard", AuthType::Pkce),
            ("PKCE", AuthType::Pkce),
            ("Pkce", AuthType::Pkce),
            ("basic", AuthType::ClientSecret),
            ("client_credentials", AuthType::ClientSecret),
            ("clientSecret", AuthType::ClientSecret),
            ("external_process", AuthType::ExternalCommand),
            ("ExternalCommand", AuthType::ExternalCommand),
            ("deviceflow", AuthType::DeviceFlow),
            ("Passthrough", AuthType::Passthrough),
            ("none", AuthType::None),
            ("my_company", AuthType::Custom("my_company".to_owned())),
        ];
        for (name, expected) in cases {
            assert_eq!(AuthType::named(name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_survives_being_shown() {
        for name in AuthType::names() {
            assert_eq!(AuthType::named(name).to_string(), name);
        }
    }
}

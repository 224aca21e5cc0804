//! What the HTTP side publishes.

use serde_json::Value;

use super::{Observation, Verdict};

/// A page that a flyteadmin has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The provider's metadata, asked for as JSON.
    MetadataAsJson,
    /// The same, asked for as anything.
    Metadata,
    /// OpenID's metadata.
    OpenId,
}

/// What was answered.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// HTTP's status.
    pub status: u16,
    /// Where it leads.
    pub location: Option<&'a str>,
    /// The body, if it is a JSON object.
    pub document: Option<&'a Value>,
}

impl Page {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::MetadataAsJson, Self::Metadata, Self::OpenId];

    /// Below the origin.
    pub fn path(self) -> &'static str {
        match self {
            Self::MetadataAsJson | Self::Metadata => "/.well-known/oauth-authorization-server",
            Self::OpenId => "/.well-known/openid-configuration",
        }
    }

    /// Whether the request says that it accepts JSON.
    pub fn accepts_json(self) -> bool {
        self != Self::Metadata
    }

    fn asked(self) -> &'static str {
        match self {
            Self::MetadataAsJson => "the provider's metadata over HTTP, as JSON",
            Self::Metadata => "the provider's metadata over HTTP, as anything",
            Self::OpenId => "OpenID's metadata over HTTP",
        }
    }

    /// What was answered, beside what a flyteadmin with this provider answers.
    pub fn observe(self, flytes_own: bool, seen: Seen<'_>) -> Observation {
        let flyteadmins = match (self, flytes_own) {
            (Self::OpenId, _) => "HTTP 303, to the provider of people's logins",
            (Self::Metadata, true) => "keys as in `tokenEndpoint`",
            (Self::MetadataAsJson, _) | (Self::Metadata, false) => "keys as in `token_endpoint`",
        };
        let otherwise = match (self, seen.status) {
            (Self::OpenId, _) => Verdict::Differs("logins ask for the provider's other document first"),
            (_, 200) => Verdict::Differs("both spellings are read"),
            _ => Verdict::Doubtful("logins need what the server says over gRPC, or an issuer that is set here"),
        };
        Observation::compare(self.asked(), found(self, seen), flyteadmins, otherwise)
    }
}

fn found(page: Page, seen: Seen<'_>) -> String {
    let has = |key: &str| seen.document.is_some_and(|document| document.get(key).is_some());
    match (seen.status, seen.location) {
        (303, Some(_)) if page == Page::OpenId => "HTTP 303, to the provider of people's logins".to_owned(),
        (status @ 300..=399, Some(location)) => format!("HTTP {status}, to {location}"),
        (200, _) if has("token_endpoint") => "keys as in `token_endpoint`".to_owned(),
        (200, _) if has("tokenEndpoint") => "keys as in `tokenEndpoint`".to_owned(),
        (200, _) => "no metadata".to_owned(),
        (status, _) => format!("HTTP {status}"),
    }
}

//! Whose authorization server it is, and where its parts are.

/// Whose provider answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// flyteadmin's own, which asks another one only who a person is (`authServerType: Self`).
    #[default]
    FlytesOwn,
    /// Another one, whose documents flyteadmin hands on (`authServerType: External`). Its issuer has a path, as
    /// Keycloak's has.
    External,
}

/// The authorization server.
#[derive(Debug, Clone)]
pub struct Issuer {
    provider: Provider,
    origin: String,
}

impl Issuer {
    pub(super) fn new(provider: Provider, origin: String) -> Self {
        Self { provider, origin }
    }

    /// Whose it is.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// The HTTP side's origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the server calls itself, without a slash at the end.
    pub fn identifier(&self) -> String {
        match self.provider {
            Provider::FlytesOwn => self.origin.clone(),
            Provider::External => format!("{}/realms/flyte", self.origin),
        }
    }

    /// The URL of one of its endpoints.
    pub fn endpoint(&self, name: &str) -> String {
        format!("{}{}", self.origin, self.path(name))
    }

    pub(super) fn path(&self, name: &str) -> String {
        match self.provider {
            Provider::FlytesOwn => format!("/oauth2/{name}"),
            Provider::External => format!("/realms/flyte/protocol/openid-connect/{name}"),
        }
    }
}

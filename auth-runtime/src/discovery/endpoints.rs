//! The endpoints of a provider, and what the settings are called that name them.

use super::ServerDetails;

/// An endpoint of a provider that a login needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndpointKind {
    Token,
    Authorization,
    DeviceAuthorization,
    /// No login needs it: a logout asks for it (RFC 7009).
    Revocation,
}

/// Where somebody says that a provider's endpoints are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) token: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) device_authorization: Option<String>,
    pub(crate) revocation: Option<String>,
}

impl Endpoints {
    /// Those that a server names.
    pub(super) fn of_server(details: &ServerDetails) -> Self {
        Self {
            token: details.token_endpoint().map(str::to_owned),
            authorization: details.authorization_endpoint().map(str::to_owned),
            device_authorization: details.device_authorization_endpoint().map(str::to_owned),
            revocation: None,
        }
    }

    pub(super) fn get(&self, kind: EndpointKind) -> Option<&str> {
        match kind {
            EndpointKind::Token => self.token.as_deref(),
            EndpointKind::Authorization => self.authorization.as_deref(),
            EndpointKind::DeviceAuthorization => self.device_authorization.as_deref(),
            EndpointKind::Revocation => self.revocation.as_deref(),
        }
    }
}

impl EndpointKind {
    /// In messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Token => "token endpoint",
            Self::Authorization => "authorization endpoint",
            Self::DeviceAuthorization => "device authorization endpoint",
            Self::Revocation => "revocation endpoint",
        }
    }

    /// Where a server or an issuer named it, for errors about its URL.
    pub(super) fn published_as(self) -> &'static str {
        match self {
            Self::Token => "the published token endpoint",
            Self::Authorization => "the published authorization endpoint",
            Self::DeviceAuthorization => "the published device authorization endpoint",
            Self::Revocation => "the published revocation endpoint",
        }
    }
}

/// What the settings are called in the world that the user is in: methods of builders, or keys of a configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SettingNames {
    pub(crate) issuer: &'static str,
    pub(crate) token: &'static str,
    pub(crate) authorization: &'static str,
    pub(crate) device_authorization: &'static str,
    pub(crate) revocation: &'static str,
    pub(crate) client_id: &'static str,
    pub(crate) scopes: &'static str,
    pub(crate) audience: &'static str,
    /// Empty where there is none.
    pub(crate) redirect_uri: &'static str,
    /// Whether they are methods.
    pub(crate) are_methods: bool,
}

impl Default for SettingNames {
    fn default() -> Self {
        Self {
            issuer: "issuer",
            token: "token_url",
            authorization: "authorization_url",
            device_authorization: "device_authorization_url",
            revocation: "revocation_url",
            client_id: "client_id",
            scopes: "scopes",
            audience: "audience",
            redirect_uri: "redirect_uri",
            are_methods: true,
        }
    }
}

impl SettingNames {
    pub(super) fn endpoint(&self, kind: EndpointKind) -> &'static str {
        match kind {
            EndpointKind::Token => self.token,
            EndpointKind::Authorization => self.authorization,
            EndpointKind::DeviceAuthorization => self.device_authorization,
            EndpointKind::Revocation => self.revocation,
        }
    }

    /// "add .scopes(..) to the flow"; nothing where there is no such setting.
    pub(super) fn set_of_flow(&self, name: &str) -> Option<String> {
        let written = Some(name).filter(|name| !name.is_empty()).map(|name| self.written(name))?;
        Some(if self.are_methods { format!("add {written} to the flow") } else { format!("set {written}") })
    }

    /// "add .token_url(..) and .authorization_url(..) to the flow"
    pub(super) fn set_endpoints(&self, kinds: impl IntoIterator<Item = EndpointKind>) -> String {
        let names: Vec<_> = kinds.into_iter().map(|kind| self.written(self.endpoint(kind))).collect();
        let names = names.join(" and ");
        if self.are_methods { format!("add {names} to the flow") } else { format!("set {names}") }
    }

    /// "add .issuer(..) to the authenticator"
    pub(super) fn set_issuer(&self) -> String {
        let name = self.written(self.issuer);
        if self.are_methods { format!("add {name} to the authenticator") } else { format!("set {name}") }
    }

    fn written(&self, name: &str) -> String {
        if self.are_methods { format!(".{name}(..)") } else { name.to_owned() }
    }
}

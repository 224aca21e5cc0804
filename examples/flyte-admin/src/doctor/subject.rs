//! The Flyte that is looked at.

use auth_runtime::{
    AuthError, Authenticator, Interaction,
    flyte::{Config, Connection, Connector, LoginStore},
};
use tonic::transport::Channel;

/// What is looked at, and how it is reached.
pub(super) struct Subject {
    pub(super) config: Config,
    connection: Connection,
}

impl Subject {
    /// `admin.proxyCommand` is left out: what it prints is a secret.
    ///
    /// # Errors
    ///
    /// When a setting cannot work.
    pub(super) fn new(config: Config) -> Result<Self, AuthError> {
        let anonymous = config.clone().with_proxy_command(vec![]);
        let connector = Connector::new(anonymous).keep_logins(LoginStore::new());
        let connection = connector.adjust(|settings| settings.interaction(Interaction::Never)).connect_lazy()?;
        Ok(Self { config, connection })
    }

    /// Calls over it carry no credentials.
    pub(super) fn anonymous(&self) -> auth_runtime::AnonymousChannel<Channel> {
        self.connection.channel().anonymous()
    }

    pub(super) fn authenticator(&self) -> Authenticator {
        self.connection.authenticator()
    }

    /// Of people's logins: others are not kept.
    pub(super) fn logins(&self) -> Option<&LoginStore> {
        self.connection.login_store()
    }

    /// The endpoint's host is this machine.
    pub(super) fn is_local(&self) -> bool {
        url::Url::parse(&self.authenticator().endpoint()).is_ok_and(|url| is_local(&url))
    }
}

/// Whether the URL's host can only be this machine.
pub(super) fn is_local(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(url::Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(url::Host::Ipv6(address)) => {
            let mapped = address.to_ipv4_mapped().is_some_and(|address| address.is_loopback());
            mapped || address.is_loopback() || address.is_unspecified()
        }
        None => false,
    }
}

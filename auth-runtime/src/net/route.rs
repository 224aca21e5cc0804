//! Who is at the other end of a connection, and who is in between: what errors name.

use super::{names::ConnectionNames, proxy::Proxy};

/// The way to a server.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// Scheme and authority of the server.
    pub(super) peer: String,
    pub(super) names: ConnectionNames,
    pub(super) proxy: Option<Via>,
    /// Whether the server is shown a client certificate.
    pub(super) identified: bool,
}

/// A proxy on the way.
#[derive(Debug, Clone)]
pub(super) struct Via {
    host: String,
    /// For messages: `the proxy http://proxy.example.com:3128`.
    pub(super) name: String,
    /// What it was named in.
    pub(super) setting: &'static str,
}

impl Route {
    pub(crate) fn new(peer: String, proxy: Option<&Proxy>, names: ConnectionNames) -> Self {
        let proxy = proxy.map(|proxy| Via {
            host: proxy.uri().host().unwrap_or_default().to_owned(),
            name: format!("the proxy {}", proxy.origin()),
            setting: proxy.setting(),
        });
        Self { peer, names, proxy, identified: false }
    }

    /// The same where it is about the proxy itself: it is the other end of its own connection.
    #[cfg(feature = "transport")]
    pub(super) fn to_proxy(&self) -> Self {
        match &self.proxy {
            Some(proxy) => Self { peer: proxy.name.clone(), names: self.names, proxy: None, identified: false },
            None => self.clone(),
        }
    }

    /// The same where the proxy has done its part.
    #[cfg(feature = "transport")]
    pub(super) fn beyond_proxy(&self) -> Self {
        Self { proxy: None, ..self.clone() }
    }

    /// Who has this name.
    pub(super) fn who_is(&self, host: &str) -> &str {
        match &self.proxy {
            Some(proxy) if proxy.host.eq_ignore_ascii_case(host) => &proxy.name,
            _ => &self.peer,
        }
    }

    /// Who is connected to: the proxy where there is one.
    pub(super) fn first_stop(&self) -> &str {
        self.proxy.as_ref().map_or(&self.peer, |proxy| &proxy.name)
    }
}

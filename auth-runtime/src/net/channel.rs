//! Channels to an authenticator's endpoint, with its certificates and its proxy.

use std::{net::IpAddr, sync::Arc, time::Duration};

use http::{Uri, uri::Scheme};
use hyper::rt;
use rustls::pki_types::ServerName;
use tonic::{
    codegen::StdError,
    transport::{Channel, Endpoint},
};
use tower_service::Service;

use super::{
    client_identity::ClientIdentity,
    connect::{self, Connector, OPERATION, Tcp, TlsSettings, Tunnel},
    connection_error::connection_failed,
    destination::{NO_HOST, is_loopback},
    names::ConnectionNames,
    proxy::{Proxy, ProxyChoice},
    route::Route,
    tls,
    verify::Verify,
};
use crate::{AuthError, limits};

/// Where to connect to, and how.
pub(crate) struct Target<'a> {
    pub(crate) uri: &'a Uri,
    pub(crate) verify: &'a Verify,
    pub(crate) proxy: Option<&'a str>,
    pub(crate) timeout: Duration,
    pub(crate) settings: &'a ConnectionSettings,
}

/// What an authenticator was told about its connections, and nothing else needs.
#[derive(Debug, Default)]
pub(crate) struct ConnectionSettings {
    pub(crate) server_name: Option<String>,
    pub(crate) identity: Option<ClientIdentity>,
    pub(crate) local_address: Option<IpAddr>,
    pub(crate) keep_alive_interval: Option<Duration>,
    pub(crate) names: ConnectionNames,
}

impl ConnectionSettings {
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for an interval that is none.
    pub(crate) fn check(&self) -> Result<(), AuthError> {
        match self.keep_alive_interval {
            Some(Duration::ZERO) => Err(AuthError::configuration(
                "keep_alive_interval",
                "it is zero, so that nothing but pings would be sent; make it longer, or Duration::MAX for none",
            )),
            _ => Ok(()),
        }
    }
}

/// All that can be checked before anybody is contacted has been checked.
pub(crate) struct Prepared<'a> {
    target: Target<'a>,
    /// The server, with its port in words: a tunnel needs one.
    address: Uri,
    endpoint: Endpoint,
    tls: Option<TlsSettings>,
}

impl<'a> Target<'a> {
    /// Applies a user's settings, and after them what is the authenticator's alone.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates that cannot be used, and
    /// for settings that lead elsewhere.
    pub(crate) fn prepare(self, settings: impl FnOnce(Endpoint) -> Endpoint) -> Result<Prepared<'a>, AuthError> {
        let address = with_port(self.uri).ok_or_else(|| refuse(NO_HOST.to_owned()))?;
        // TLS is our connector's, so that tonic has to believe that there is none.
        let below_tls = with_scheme(&address, Scheme::HTTP).ok_or_else(|| refuse(NO_HOST.to_owned()))?;
        let endpoint = settings(self.kept_alive(Endpoint::from(below_tls.clone())).connect_timeout(self.timeout));
        if *endpoint.uri() != below_tls {
            return Err(refuse(format!(
                "the settings of the connection lead to {}, and the credentials are for {}; change the endpoint that \
                 is handed in, and return no other",
                endpoint.uri(),
                self.uri
            )));
        }
        // The server is told the authority as it was given.
        let endpoint = endpoint.origin(self.uri.clone());
        let tls = if self.is_plaintext() { None } else { Some(self.tls_settings()?) };
        Ok(Prepared { target: self, address, endpoint, tls })
    }

    fn is_plaintext(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTP)
    }

    /// What notices that a connection is dead though nobody closed it.
    fn kept_alive(&self, endpoint: Endpoint) -> Endpoint {
        let endpoint = endpoint
            .tcp_keepalive(Some(limits::TCP_KEEP_ALIVE))
            .tcp_keepalive_interval(Some(limits::TCP_KEEP_ALIVE_INTERVAL));
        let pings = self.settings.keep_alive_interval.unwrap_or(limits::KEEP_ALIVE_INTERVAL);
        // hyper adds it to a clock, which would overflow.
        if pings > limits::MAX_KEEP_ALIVE_INTERVAL {
            return endpoint;
        }
        endpoint
            .http2_keep_alive_interval(pings)
            .keep_alive_timeout(limits::KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(false)
    }

    /// Reads certificates and key once, to see that they can be used.
    fn tls_settings(&self) -> Result<TlsSettings, AuthError> {
        let (verify, identity) = (self.verify.clone(), self.settings.identity.clone());
        tls::grpc_config(&verify, identity.as_ref())?;
        let (setting, name) = match &self.settings.server_name {
            Some(name) => ("server_name", name.as_str()),
            None => ("endpoint", self.uri.host().unwrap_or_default()),
        };
        let server_name =
            ServerName::try_from(name.trim_start_matches('[').trim_end_matches(']').to_owned()).map_err(|_| {
                AuthError::configuration(setting, format!("`{name}` is no name that a certificate can have"))
            })?;
        Ok(TlsSettings { verify, server_name, identity })
    }
}

impl Prepared<'_> {
    /// Connects now.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a proxy that cannot be used,
    /// [`AuthErrorKind::Untrusted`](crate::AuthErrorKind::Untrusted) where the server's certificate is not trusted,
    /// [`AuthErrorKind::Unreachable`](crate::AuthErrorKind::Unreachable) where it cannot be reached in this way,
    /// [`AuthErrorKind::Unavailable`](crate::AuthErrorKind::Unavailable) where another attempt may reach it,
    /// [`AuthErrorKind::NoRuntime`](crate::AuthErrorKind::NoRuntime) outside of a tokio runtime.
    pub(crate) async fn connect(self) -> Result<Channel, AuthError> {
        check_runtime()?;
        let proxy = self.proxy()?;
        let (route, endpoint) = (self.route(proxy.as_deref()), self.outlasting());
        let connected = match proxy {
            Some(proxy) => {
                let tunnel = self.tunnel(proxy, route.clone());
                endpoint.connect_with_connector(self.connector(tunnel, route.clone())).await
            }
            None => endpoint.connect_with_connector(self.connector(self.tcp(), route.clone())).await,
        };
        connected.map_err(|error| connection_failed(OPERATION, &route, error))
    }

    /// Connects at the first call.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a proxy that cannot be used,
    /// [`AuthErrorKind::NoRuntime`](crate::AuthErrorKind::NoRuntime) outside of a tokio runtime: the channel's worker is
    /// a task.
    pub(crate) fn connect_lazy(self) -> Result<Channel, AuthError> {
        let proxy = self.proxy()?;
        check_runtime()?;
        let (route, endpoint) = (self.route(proxy.as_deref()), self.outlasting());
        Ok(match proxy {
            Some(proxy) => {
                let tunnel = self.tunnel(proxy, route.clone());
                endpoint.connect_with_connector_lazy(self.connector(tunnel, route))
            }
            None => endpoint.connect_with_connector_lazy(self.connector(self.tcp(), route)),
        })
    }

    /// Connects now, over a connector of the user's.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub(crate) async fn connect_with_connector<C>(self, connector: C) -> Result<Channel, AuthError>
    where
        C: Service<Uri> + Send + 'static,
        C::Response: rt::Read + rt::Write + Send + Unpin,
        C::Future: Send,
        C::Error: Into<StdError>,
    {
        check_runtime()?;
        let route = self.route(None);
        let connector = self.connector(connector, route.clone());
        let connected = self.outlasting().connect_with_connector(connector).await;
        connected.map_err(|error| connection_failed(OPERATION, &route, error))
    }

    fn connector<D>(&self, dial: D, route: Route) -> Connector<D> {
        let (target, tls, timeout) = (self.address.clone(), self.tls.clone(), self.timeout());
        Connector { dial, target, tls, route, timeout }
    }

    /// The user's timeout, if the settings have one.
    fn timeout(&self) -> Duration {
        self.endpoint.get_connect_timeout().unwrap_or(self.target.timeout)
    }

    /// The endpoint with a later timeout than the connector's, which says what was waited for.
    fn outlasting(&self) -> Endpoint {
        self.endpoint.clone().connect_timeout(self.timeout().saturating_add(limits::CONNECT_TIMEOUT_MARGIN))
    }

    fn tcp(&self) -> Tcp {
        connect::tcp(&self.endpoint, self.target.settings.local_address)
    }

    fn tunnel(&self, proxy: Arc<Proxy>, route: Route) -> Tunnel {
        Tunnel { tcp: self.tcp(), proxy, verify: self.target.verify.clone(), route }
    }

    fn route(&self, proxy: Option<&Proxy>) -> Route {
        let peer = self.target.uri.to_string().trim_end_matches('/').to_owned();
        Route {
            identified: self.target.settings.identity.is_some(),
            ..Route::new(peer, proxy, self.target.settings.names)
        }
    }

    fn proxy(&self) -> Result<Option<Arc<Proxy>>, AuthError> {
        let uri = self.target.uri;
        let choice = ProxyChoice::of(self.target.proxy, uri, self.target.settings.names)?;
        let Some(proxy) = choice.proxy() else { return Ok(None) };
        if self.target.is_plaintext() && uri.host().is_some_and(is_loopback) && !proxy.is_local() {
            return Err(AuthError::configuration(
                proxy.setting(),
                format!(
                    "{uri} is this machine, which a proxy elsewhere cannot reach, and it would see the credentials; \
                     leave the proxy out"
                ),
            ));
        }
        Ok(Some(Arc::clone(proxy)))
    }
}

/// tonic's channel is served by a task, and its connection by another.
fn check_runtime() -> Result<(), AuthError> {
    tokio::runtime::Handle::try_current().map(drop).map_err(|_| AuthError::no_runtime("a connection"))
}

fn with_port(target: &Uri) -> Option<Uri> {
    let port = if target.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 };
    let authority = match target.port() {
        Some(_) => target.authority()?.to_string(),
        None => format!("{}:{port}", target.host()?),
    };
    Uri::builder().scheme(target.scheme_str()?).authority(authority).path_and_query("/").build().ok()
}

fn with_scheme(address: &Uri, scheme: Scheme) -> Option<Uri> {
    Uri::builder().scheme(scheme).authority(address.authority()?.clone()).path_and_query("/").build().ok()
}

fn refuse(reason: String) -> AuthError {
    AuthError::configuration("endpoint", reason)
}

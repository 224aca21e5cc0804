//! Channels to an authenticator's endpoint, with its certificates and its proxy.

use std::time::Duration;

use http::{Uri, uri::Scheme};
use hyper::rt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use tonic::{
    codegen::StdError,
    transport::{Channel, ClientTlsConfig, Endpoint},
};
use tower_service::Service;

use super::{connection_error::connection_failed, destination::is_loopback, proxy::Proxy, tls, verify::Verify};
use crate::AuthError;

/// Where to connect to, and how.
pub(crate) struct Target<'a> {
    pub(crate) uri: &'a Uri,
    pub(crate) verify: &'a Verify,
    pub(crate) proxy: Option<&'a str>,
    pub(crate) timeout: Duration,
}

/// All that can be checked before anybody is contacted has been checked.
pub(crate) struct Prepared<'a> {
    target: Target<'a>,
    endpoint: Endpoint,
}

type ThroughProxy = Tunnel<HttpsConnector<HttpConnector>>;

impl<'a> Target<'a> {
    /// Applies a user's settings, and after them what is the authenticator's alone.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates that cannot be used, and
    /// for settings that lead elsewhere.
    pub(crate) fn prepare(self, settings: impl FnOnce(Endpoint) -> Endpoint) -> Result<Prepared<'a>, AuthError> {
        // A tunnel needs the port in words; the authority that the server sees stays as it was given.
        let address = with_port(self.uri).ok_or_else(|| refuse("it has no host".to_owned()))?;
        let endpoint = settings(Endpoint::from(address.clone()).connect_timeout(self.timeout));
        if *endpoint.uri() != address {
            return Err(refuse(format!(
                "the settings of the connection lead to {}, and the credentials are for {}; change the endpoint that \
                 is handed in, and return no other",
                endpoint.uri(),
                self.uri
            )));
        }
        let endpoint = endpoint.origin(self.uri.clone());
        if self.is_plaintext() {
            return Ok(Prepared { target: self, endpoint });
        }
        let tls = ClientTlsConfig::new().timeout(self.timeout);
        let endpoint = endpoint
            .tls_config_with_verifier(tls, tls::verifier(self.verify)?)
            .map_err(|error| refuse(format!("TLS to {} cannot be set up: {error}", self.uri)))?;
        Ok(Prepared { target: self, endpoint })
    }

    fn is_plaintext(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTP)
    }
}

impl Prepared<'_> {
    /// Connects now.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a proxy that cannot be used,
    /// [`AuthErrorKind::Untrusted`](crate::AuthErrorKind::Untrusted) where the server's certificate is not trusted,
    /// [`AuthErrorKind::Unavailable`](crate::AuthErrorKind::Unavailable) where the server or the proxy cannot be
    /// reached.
    pub(crate) async fn connect(self) -> Result<Channel, AuthError> {
        let connected = match self.through_proxy()? {
            Some(connector) => self.endpoint.connect_with_connector(connector).await,
            None => self.endpoint.connect().await,
        };
        self.explain(connected)
    }

    /// Connects at the first call.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a proxy that cannot be used,
    /// [`AuthError::no_runtime()`] outside of a tokio runtime: the channel's worker is a task.
    pub(crate) fn connect_lazy(self) -> Result<Channel, AuthError> {
        let connector = self.through_proxy()?;
        tokio::runtime::Handle::try_current().map_err(|_| AuthError::no_runtime())?;
        Ok(match connector {
            Some(connector) => self.endpoint.connect_with_connector_lazy(connector),
            None => self.endpoint.connect_lazy(),
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
        StdError: From<C::Error> + Send,
    {
        let connected = self.endpoint.connect_with_connector(connector).await;
        self.explain(connected)
    }

    fn explain(&self, connected: Result<Channel, tonic::transport::Error>) -> Result<Channel, AuthError> {
        connected.map_err(|error| connection_failed("connecting", &self.target.uri.to_string(), error))
    }

    /// A connector through the proxy by CONNECT (RFC 9110 section 9.3.6): the proxy sees where to, and nothing of what
    /// is said.
    ///
    /// The endpoint's TCP options hold for the connection to the proxy. Its local address cannot be asked for.
    fn through_proxy(&self) -> Result<Option<ThroughProxy>, AuthError> {
        let (uri, verify) = (self.target.uri, self.target.verify);
        let Some(proxy) = self.target.proxy.map(Proxy::parse).transpose()? else { return Ok(None) };
        if self.target.is_plaintext() && uri.host().is_some_and(is_loopback) && !proxy.is_local() {
            return Err(AuthError::configuration(
                "http_proxy",
                format!(
                    "{uri} is this machine, which a proxy elsewhere cannot reach, and it would see the credentials; \
                     leave the proxy out"
                ),
            ));
        }
        let tls = if proxy.uri().scheme() == Some(&Scheme::HTTPS) {
            tls::client_config(verify)?
        } else {
            tls::client_config_without_trust()?
        };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(self.endpoint.get_tcp_nodelay());
        tcp.set_keepalive(self.endpoint.get_tcp_keepalive());
        tcp.set_keepalive_interval(self.endpoint.get_tcp_keepalive_interval());
        tcp.set_keepalive_retries(self.endpoint.get_tcp_keepalive_retries());
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        let tunnel = Tunnel::new(proxy.uri().clone(), connector);
        Ok(Some(match proxy.authorization() {
            Some(authorization) => tunnel.with_auth(authorization.clone()),
            None => tunnel,
        }))
    }
}

fn with_port(target: &Uri) -> Option<Uri> {
    if target.port().is_some() {
        return Some(target.clone());
    }
    let port = if target.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 };
    let authority = format!("{}:{port}", target.host()?);
    Uri::builder().scheme(target.scheme_str()?).authority(authority).path_and_query("/").build().ok()
}

fn refuse(reason: String) -> AuthError {
    AuthError::configuration("endpoint", reason)
}

//! Channels to an authenticator's endpoint, with its certificates and its proxy.

use std::time::Duration;

use http::{Uri, uri::Scheme};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use super::{connection_error::connection_failed, destination::is_loopback, proxy::Proxy, tls, verify::Verify};
use crate::AuthError;

/// Where to connect to, and how.
pub(crate) struct Target<'a> {
    pub(crate) uri: &'a Uri,
    pub(crate) verify: &'a Verify,
    pub(crate) proxy: Option<&'a str>,
    pub(crate) time_out: Duration,
}

/// Connects now.
///
/// # Errors
///
/// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that cannot be used, [`AuthErrorKind::Untrusted`](crate::AuthErrorKind::Untrusted) where the
/// server's certificate is not trusted, [`AuthErrorKind::Unavailable`](crate::AuthErrorKind::Unavailable) where the server or the proxy cannot be reached.
pub(crate) async fn connect(target: &Target<'_>) -> Result<Channel, AuthError> {
    let endpoint = endpoint(target)?;
    let connected = match tunnel(target.uri, target.verify, target.proxy)? {
        Some(tunnel) => endpoint.connect_with_connector(tunnel).await,
        None => endpoint.connect().await,
    };
    connected.map_err(|error| connection_failed("connecting", &target.uri.to_string(), error))
}

/// Connects at the first call.
///
/// # Errors
///
/// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that cannot be used, [`AuthError::no_runtime()`] outside of a
/// tokio runtime: the channel's worker is a task.
pub(crate) fn connect_lazy(target: &Target<'_>) -> Result<Channel, AuthError> {
    let endpoint = endpoint(target)?;
    let tunnel = tunnel(target.uri, target.verify, target.proxy)?;
    tokio::runtime::Handle::try_current().map_err(|_| AuthError::no_runtime())?;
    Ok(match tunnel {
        Some(tunnel) => endpoint.connect_with_connector_lazy(tunnel),
        None => endpoint.connect_lazy(),
    })
}

fn endpoint(target: &Target<'_>) -> Result<Endpoint, AuthError> {
    let uri = target.uri;
    let refuse = |reason: String| AuthError::configuration("endpoint", reason);
    // A tunnel needs the port in words; the authority that the server sees stays as it was given.
    let with_port = with_port(uri).ok_or_else(|| refuse("it has no host".to_owned()))?;
    let endpoint = Endpoint::from(with_port).origin(uri.clone()).connect_timeout(target.time_out);
    if uri.scheme() == Some(&Scheme::HTTP) {
        return Ok(endpoint);
    }
    let settings = ClientTlsConfig::new().timeout(target.time_out);
    endpoint
        .tls_config_with_verifier(settings, tls::verifier(target.verify)?)
        .map_err(|error| refuse(format!("TLS to {uri} cannot be set up: {error}")))
}

fn with_port(target: &Uri) -> Option<Uri> {
    if target.port().is_some() {
        return Some(target.clone());
    }
    let port = if target.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 };
    let authority = format!("{}:{port}", target.host()?);
    Uri::builder().scheme(target.scheme_str()?).authority(authority).path_and_query("/").build().ok()
}

/// A connector through the proxy by CONNECT (RFC 9110 section 9.3.6): the proxy sees where to, and nothing of what is
/// said.
fn tunnel(
    target: &Uri,
    verify: &Verify,
    proxy: Option<&str>,
) -> Result<Option<Tunnel<HttpsConnector<HttpConnector>>>, AuthError> {
    let Some(proxy) = proxy.map(Proxy::parse).transpose()? else { return Ok(None) };
    let plaintext = target.scheme() == Some(&Scheme::HTTP);
    if plaintext && target.host().is_some_and(is_loopback) && !proxy.is_local() {
        return Err(AuthError::configuration(
            "http_proxy",
            format!(
                "{target} is this machine, which a proxy elsewhere cannot reach, and it would see the credentials; \
                 leave the proxy out"
            ),
        ));
    }
    let tls = if proxy.uri().scheme() == Some(&Scheme::HTTPS) {
        tls::client_config(verify)?
    } else {
        tls::client_config_without_trust()?
    };
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(connector);
    let tunnel = Tunnel::new(proxy.uri().clone(), connector);
    Ok(Some(match proxy.authorization() {
        Some(authorization) => tunnel.with_auth(authorization.clone()),
        None => tunnel,
    }))
}

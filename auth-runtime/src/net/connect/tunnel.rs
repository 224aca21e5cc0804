//! The way through an HTTP proxy.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Method, Request, StatusCode, Uri, header, uri::Scheme};
use hyper::{client::conn::http1, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tonic::body::Body;
use tower_service::Service;

use super::{BoxedStream, ConnectFailed, Connecting, OPERATION, Tcp, read_config};
use crate::{
    AuthError, Verify,
    error::Obstacle,
    net::{
        connection_error::{connection_failed, no_answer},
        proxy::Proxy,
        route::Route,
        tls,
    },
};

/// Connects through a proxy by CONNECT (RFC 9110 section 9.3.6): the proxy sees where to, and nothing of what is said.
pub(in crate::net) struct Tunnel {
    pub(in crate::net) tcp: Tcp,
    pub(in crate::net) proxy: Arc<Proxy>,
    /// For a proxy that speaks TLS itself.
    pub(in crate::net) verify: Verify,
    pub(in crate::net) route: Route,
}

impl Service<Uri> for Tunnel {
    type Response = Upgraded;
    type Error = ConnectFailed;
    type Future = Connecting<Upgraded>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectFailed>> {
        self.tcp.poll_ready(cx).map_err(|error| ConnectFailed(connection_failed(OPERATION, &self.route, error)))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let dialing = self.tcp.call(self.proxy.uri().clone());
        let (proxy, verify, route) = (Arc::clone(&self.proxy), self.verify.clone(), self.route.clone());
        Box::pin(async move {
            let connecting = async {
                let to_proxy = route.to_proxy();
                let stream = dialing.await.map_err(|error| connection_failed(OPERATION, &route, error))?;
                let stream = secure(Box::new(stream.into_inner()), &proxy, verify, &to_proxy).await?;
                connect(stream, &target, &proxy, &route).await
            };
            connecting.await.map_err(ConnectFailed)
        })
    }
}

async fn secure(
    stream: BoxedStream,
    proxy: &Proxy,
    verify: Verify,
    to_proxy: &Route,
) -> Result<BoxedStream, AuthError> {
    if proxy.uri().scheme() != Some(&Scheme::HTTPS) {
        return Ok(stream);
    }
    let config = read_config(move || tls::client_config(&verify, None)).await?;
    let host = proxy.uri().host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name =
        ServerName::try_from(host).map_err(|_| proxy.refuse("its host is no name that a certificate can have"))?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| connection_failed(OPERATION, to_proxy, error))?;
    Ok(Box::new(stream))
}

async fn connect(stream: BoxedStream, target: &Uri, proxy: &Proxy, route: &Route) -> Result<Upgraded, AuthError> {
    let to_proxy = route.to_proxy();
    let failed = |error: hyper::Error| match error.is_parse() {
        true => AuthError::unreachable(Obstacle::NoProxy { proxy: to_proxy.peer.clone(), setting: proxy.setting() }),
        false => no_answer(OPERATION, &to_proxy.peer, error),
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let exchange = async {
        let response = sender.send_request(request(target, proxy)?).await.map_err(failed)?;
        judge(response.status(), proxy, route)?;
        hyper::upgrade::on(response).await.map_err(failed)
    };
    // The connection moves nothing unless it is polled as well. It ends when it becomes the tunnel.
    let (mut exchange, mut connection) = (pin!(exchange), pin!(connection.with_upgrades()));
    let mut moving = true;
    poll_fn(|cx| {
        if moving && connection.as_mut().poll(cx).is_ready() {
            moving = false;
        }
        exchange.as_mut().poll(cx)
    })
    .await
}

fn request(target: &Uri, proxy: &Proxy) -> Result<Request<Body>, AuthError> {
    let authority = target.authority().map(ToString::to_string).unwrap_or_default();
    let mut request = Request::builder().method(Method::CONNECT).uri(&authority).header(header::HOST, &authority);
    if let Some(authorization) = proxy.authorization() {
        request = request.header(header::PROXY_AUTHORIZATION, authorization.clone());
    }
    request.body(Body::empty()).map_err(|_| proxy.refuse("it cannot be asked for this endpoint"))
}

/// Whether the proxy has connected. A server or a name that it cannot reach now is its 5xx, which may pass.
fn judge(status: StatusCode, proxy: &Proxy, route: &Route) -> Result<(), AuthError> {
    let (name, peer, setting) = (route.to_proxy().peer, route.peer.clone(), proxy.setting());
    if status.is_success() {
        return Ok(());
    }
    if status.is_server_error() {
        let failed = format!("{name} could not connect to it (HTTP {})", status.as_u16());
        return Err(no_answer(OPERATION, &peer, failed));
    }
    Err(AuthError::unreachable(match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => Obstacle::ProxyAuthorization { proxy: name, setting },
        status => Obstacle::ProxyRefused { proxy: name, setting, peer, status: status.as_u16() },
    }))
}

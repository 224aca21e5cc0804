//! How a connection comes about: TCP or what a user brings, a proxy where there is one, TLS, and a first look at who
//! answers.
//!
//! One connector does all of it, so that no setting is lost on one of the ways.

mod greeting;
mod tcp;
mod tunnel;

use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper::rt;
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use self::greeting::Greeted;
pub(super) use self::{
    tcp::{Tcp, tcp},
    tunnel::Tunnel,
};
use super::{
    client_identity::ClientIdentity,
    connection_error::{connection_failed, nothing_said},
    route::Route,
    tls,
};
use crate::{AuthError, Verify, error::Obstacle, user_file};

/// What errors call it.
pub(super) const OPERATION: &str = "connecting";

/// A connection, whatever it is made of.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type BoxedStream = Box<dyn Stream>;

type Connecting<S> = Pin<Box<dyn Future<Output = Result<S, ConnectFailed>> + Send>>;

/// How a server's certificate is checked, and what it is shown.
#[derive(Clone)]
pub(super) struct TlsSettings {
    pub(super) verify: Verify,
    pub(super) server_name: ServerName<'static>,
    pub(super) identity: Option<ClientIdentity>,
}

/// Makes connections to one server over `dial`, which brings the bytes below TLS.
pub(super) struct Connector<D> {
    pub(super) dial: D,
    /// What `dial` is asked for.
    pub(super) target: Uri,
    pub(super) tls: Option<TlsSettings>,
    pub(super) route: Route,
    /// For all of it together.
    pub(super) timeout: Duration,
}

impl<D> Service<Uri> for Connector<D>
where
    D: Service<Uri>,
    D::Response: rt::Read + rt::Write + Send + Unpin + 'static,
    D::Error: Into<Box<dyn StdError + Send + Sync>>,
    D::Future: Send + 'static,
{
    type Response = TokioIo<Greeted>;
    type Error = ConnectFailed;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectFailed>> {
        self.dial.poll_ready(cx).map_err(|error| ConnectFailed(connection_failed(OPERATION, &self.route, error)))
    }

    fn call(&mut self, _uri: Uri) -> Self::Future {
        let dialing = self.dial.call(self.target.clone());
        let (tls, route, after) = (self.tls.clone(), self.route.clone(), self.timeout);
        let begun = Instant::now();
        Box::pin(async move {
            let silent = |peer: &str| ConnectFailed(nothing_said(OPERATION, peer, after));
            let stream = match timeout_at(begun + after, dialing).await {
                Ok(Ok(stream)) => TokioIo::new(stream),
                Ok(Err(error)) => return Err(ConnectFailed(connection_failed(OPERATION, &route, error))),
                Err(_) => return Err(silent(route.first_stop())),
            };
            let beyond = route.beyond_proxy();
            match timeout_at(begun + after, agree(stream, tls.as_ref(), &beyond)).await {
                Ok(outcome) => outcome.map(TokioIo::new).map_err(ConnectFailed),
                Err(_) => Err(silent(&route.peer)),
            }
        })
    }
}

/// Agrees with the server on what is spoken.
async fn agree<S: Stream + 'static>(stream: S, tls: Option<&TlsSettings>, route: &Route) -> Result<Greeted, AuthError> {
    let stream: BoxedStream = match tls {
        Some(tls) => Box::new(shake_hands(stream, tls, route).await?),
        None => Box::new(stream),
    };
    greeting::greet(stream, route).await
}

/// TLS with the server, which has to speak HTTP/2 inside.
async fn shake_hands<S: Stream>(
    stream: S,
    tls: &TlsSettings,
    route: &Route,
) -> Result<tokio_rustls::client::TlsStream<S>, AuthError> {
    let (verify, identity) = (tls.verify.clone(), tls.identity.clone());
    let config = read_config(move || tls::grpc_config(&verify, identity.as_ref())).await?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(tls.server_name.clone(), stream)
        .await
        .map_err(|error| connection_failed(OPERATION, route, error))?;
    match stream.get_ref().1.alpn_protocol() {
        Some(tls::HTTP2) => Ok(stream),
        _ => Err(AuthError::unreachable(Obstacle::NoHttp2 { peer: route.peer.clone() })),
    }
}

/// Reads files where that may block, however long.
async fn read_config(
    read: impl FnOnce() -> Result<ClientConfig, AuthError> + Send + 'static,
) -> Result<ClientConfig, AuthError> {
    let read = user_file::on_a_thread(read).await;
    read.map_err(|error| {
        AuthError::configuration("verify", format!("certificates cannot be read ({error}); try again"))
    })?
}

/// A connection that was not made. A call over a channel that connects when it is needed has no more than the text of
/// this in its status.
#[derive(Debug)]
pub(crate) struct ConnectFailed(pub(super) AuthError);

impl fmt::Display for ConnectFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.with_causes())
    }
}

impl StdError for ConnectFailed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

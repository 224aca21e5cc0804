//! The server as a whole.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::middleware::from_fn_with_state;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{service::Routes, transport::Server};

use super::{
    WireShape,
    admin::Admin,
    agents::{AsyncAgent, SyncAgent},
    auth_metadata::AuthMetadata,
    data_proxy::DataProxy,
    guard::{Guard, guard},
    identity::Identity,
    public_address::PublicAddress,
};
use crate::{
    proto::service::{
        admin_service_server::AdminServiceServer, async_agent_service_server::AsyncAgentServiceServer,
        auth_metadata_service_server::AuthMetadataServiceServer, data_proxy_service_server::DataProxyServiceServer,
        identity_service_server::IdentityServiceServer, sync_agent_service_server::SyncAgentServiceServer,
    },
    token_endpoint::TokenEndpoint,
};

/// What a [`FlyteServer`] is started with.
#[derive(Debug, Clone)]
pub struct FlyteServerSettings {
    /// Where to listen; port 0 lets the operating system choose.
    pub address: SocketAddr,
    /// Whether streaming calls need a token too. A real flyteadmin asks for none.
    pub guards_streams: bool,
    /// How calls are turned away at first.
    pub rejections: WireShape,
    /// The addresses under which it is known (`auth.authorizedUris`); without any, that of its HTTP side.
    pub authorized_uris: Vec<String>,
}

impl FlyteServerSettings {
    /// On loopback, streams guarded too, rejections as without TLS.
    pub fn new() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            guards_streams: true,
            rejections: WireShape::default(),
            authorized_uris: vec![],
        }
    }
}

impl Default for FlyteServerSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// A Flyte-like server. Dropping it stops it.
#[allow(missing_debug_implementations, reason = "there is nothing to see but the address")]
pub struct FlyteServer {
    address: SocketAddr,
    guard: Option<Arc<Guard>>,
    _serving: JoinSet<()>,
}

impl FlyteServer {
    /// Starts a server that accepts the tokens of `token_endpoint`, and points its clients there.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on.
    pub async fn start(settings: FlyteServerSettings, token_endpoint: &TokenEndpoint) -> io::Result<Self> {
        let issuer = token_endpoint.issuer().clone();
        let own = issuer.origin().to_owned();
        let public_address = PublicAddress { own, authorized: settings.authorized_uris };
        let metadata = AuthMetadata { issuer, public_address, redirect_uri: token_endpoint.redirect_uri().into() };
        let rules = Arc::new(Guard::new(Arc::clone(token_endpoint.tokens()), settings.guards_streams));
        rules.set_shape(settings.rejections);
        let mut routes = services()
            .add_service(AuthMetadataServiceServer::new(metadata))
            .add_service(IdentityServiceServer::new(Identity));
        let router = std::mem::take(routes.axum_router_mut());
        *routes.axum_router_mut() = router.layer(from_fn_with_state(Arc::clone(&rules), guard));
        Self::serve(settings.address, routes, Some(rules)).await
    }

    /// Starts a server without authentication, which has neither of the services that are about it.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on.
    pub async fn start_without_authentication(address: SocketAddr) -> io::Result<Self> {
        Self::serve(address, services(), None).await
    }

    async fn serve(address: SocketAddr, routes: Routes, guard: Option<Arc<Guard>>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let incoming = TcpListenerStream::new(listener);
            if let Err(error) = Server::builder().add_routes(routes).serve_with_incoming(incoming).await {
                eprintln!("the server stopped: {error}");
            }
        });
        Ok(Self { address, guard, _serving: serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server's URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes how calls are turned away from now on.
    pub fn set_rejections(&self, shape: WireShape) {
        if let Some(guard) = &self.guard {
            guard.set_shape(shape);
        }
    }

    /// How many calls were turned away.
    pub fn rejections(&self) -> u64 {
        self.guard.as_ref().map_or(0, |guard| guard.rejections())
    }
}

/// The services that any Flyte has.
fn services() -> Routes {
    Routes::new(AdminServiceServer::new(Admin::default()))
        .add_service(DataProxyServiceServer::new(DataProxy))
        .add_service(AsyncAgentServiceServer::new(AsyncAgent))
        .add_service(SyncAgentServiceServer::new(SyncAgent))
}

//! TCP, with the options of an endpoint.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use hyper_util::client::legacy::connect::{HttpConnector, dns::Name};
use tonic::transport::Endpoint;
use tower_service::Service;

use super::super::lookup::{LookupFailed, look_up};

/// Makes TCP connections.
pub(in crate::net) type Tcp = HttpConnector<Resolver>;

/// A connector with the TCP options of an endpoint. The address to connect from is not among those that it tells.
pub(in crate::net) fn tcp(endpoint: &Endpoint, local_address: Option<IpAddr>) -> Tcp {
    let mut tcp = HttpConnector::new_with_resolver(Resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(endpoint.get_tcp_nodelay());
    tcp.set_keepalive(endpoint.get_tcp_keepalive());
    tcp.set_keepalive_interval(endpoint.get_tcp_keepalive_interval());
    tcp.set_keepalive_retries(endpoint.get_tcp_keepalive_retries());
    // Each address has its share of it.
    tcp.set_connect_timeout(endpoint.get_connect_timeout());
    tcp.set_local_address(local_address);
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    tcp.set_tcp_user_timeout(Some(crate::limits::TCP_USER_TIMEOUT));
    tcp
}

/// Looks names up.
#[derive(Debug, Clone)]
pub(in crate::net) struct Resolver;

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = LookupFailed;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, LookupFailed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LookupFailed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(look_up(name.as_str().to_owned()))
    }
}

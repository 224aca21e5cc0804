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

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::time::Duration;

    use socket2::SockRef;

    use super::*;
    use crate::limits;

    #[tokio::test]
    async fn a_connection_has_the_options_of_its_endpoint_and_those_that_an_endpoint_has_no_word_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri: http::Uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let endpoint = Endpoint::from(uri.clone())
            .tcp_nodelay(false)
            .tcp_keepalive(Some(Duration::from_secs(7)))
            .tcp_keepalive_interval(Some(Duration::from_secs(3)))
            .tcp_keepalive_retries(Some(2));
        let local_address = "127.0.0.3".parse().unwrap();
        let stream = tcp(&endpoint, Some(local_address)).call(uri).await.unwrap().into_inner();
        let socket = SockRef::from(&stream);
        assert!(!socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(7));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(3));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 2);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(limits::TCP_USER_TIMEOUT));
        assert_eq!(stream.local_addr().unwrap().ip(), local_address);
    }
}

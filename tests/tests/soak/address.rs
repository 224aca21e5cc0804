//! An address that a server comes back to.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

const BACKLOG: u32 = 1024;

/// A port of this machine that stays reserved while nobody listens on it: connections are refused then, and no other
/// program can be given the port.
pub(crate) struct Address {
    _reserved: TcpSocket,
    address: SocketAddr,
}

impl Address {
    pub(crate) fn reserve() -> Self {
        let reserved = socket_at("127.0.0.1:0".parse().unwrap());
        let address = reserved.local_addr().unwrap();
        Self { _reserved: reserved, address }
    }

    pub(crate) fn listen(&self) -> TcpListener {
        socket_at(self.address).listen(BACKLOG).unwrap()
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.address.fmt(f)
    }
}

fn socket_at(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    // Sockets of one address get along with each other as long as only one of them listens.
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

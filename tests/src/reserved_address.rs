//! An address on which nobody listens, or not yet, or not any more.

use std::{fmt, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

const BACKLOG: u32 = 1024;

/// A port of this machine that stays reserved while nobody listens on it: connections are refused then, and nobody else is
/// given the port, be it a test beside this one.
#[derive(Debug)]
pub struct ReservedAddress {
    _reserved: TcpSocket,
    address: SocketAddr,
}

impl ReservedAddress {
    /// Until it is dropped.
    #[expect(clippy::new_without_default, reason = "it takes a port")]
    pub fn new() -> Self {
        let reserved = socket_at("127.0.0.1:0".parse().unwrap());
        let address = reserved.local_addr().unwrap();
        Self { _reserved: reserved, address }
    }

    /// Where it is.
    pub fn get(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// A server there. When it has ended, connections are refused again.
    pub fn listen(&self) -> TcpListener {
        socket_at(self.address).listen(BACKLOG).unwrap()
    }
}

impl fmt::Display for ReservedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

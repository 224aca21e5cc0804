//! What is between a client and a server: a way that leads elsewhere from one moment to the next, or on which everything
//! is lost.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// A relay for TCP on this machine. It ends with its drop.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    way: watch::Sender<Way>,
    clients: Arc<Mutex<Vec<IpAddr>>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy)]
struct Way {
    to: SocketAddr,
    /// Connections that were made before are cut when it changes.
    number: u32,
    swallows: bool,
}

impl Relay {
    /// A relay to a server.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (way, seen) = watch::channel(Way { to: server, number: 0, swallows: false });
        let clients = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(accept(listener, seen, clients.clone()));
        Self { address, way, clients, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Which addresses connections came from.
    pub fn clients(&self) -> Vec<IpAddr> {
        self.clients.lock().unwrap().clone()
    }

    /// Cuts all connections. New ones lead to another server.
    pub fn lead_to(&self, server: SocketAddr) {
        self.way.send_modify(|way| *way = Way { to: server, number: way.number + 1, ..*way });
    }

    /// Loses all that is sent from now on, in both directions, and tells nobody.
    pub fn swallow(&self) {
        self.way.send_modify(|way| way.swallows = true);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, way: watch::Receiver<Way>, clients: Arc<Mutex<Vec<IpAddr>>>) {
    let mut connections = JoinSet::new();
    while let Ok((client, from)) = listener.accept().await {
        clients.lock().unwrap().push(from.ip());
        connections.spawn(pass_on(client, way.clone()));
    }
}

async fn pass_on(client: TcpStream, mut way: watch::Receiver<Way>) {
    let now = *way.borrow();
    let Ok(server) = TcpStream::connect(now.to).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        () = copy(from_client, to_server, way.clone()) => {}
        () = copy(from_server, to_client, way.clone()) => {}
        _ = way.wait_for(|way| way.number != now.number) => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: watch::Receiver<Way>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if !way.borrow().swallows && to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

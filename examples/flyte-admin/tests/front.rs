//! What stands between clients and the two sides of a Flyte: an ingress, or an outage.

use std::net::SocketAddr;

use tests::reserved_address::ReservedAddress;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// An address of this machine.
pub(crate) struct Front {
    address: ReservedAddress,
    task: Option<AbortHandle>,
}

/// What clients find there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// Nobody listens.
    Gone,
    /// Connections are accepted, and nothing comes.
    Silent,
    /// Each request is answered with this, whatever it asks for.
    Answers(&'static str),
    /// gRPC goes to one server, HTTP/1.1 to another.
    Passes { grpc: SocketAddr, http: SocketAddr },
}

pub(crate) const UNAVAILABLE: Behaviour =
    Behaviour::Answers("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");

impl Front {
    /// Nobody listens there yet.
    pub(crate) fn new() -> Self {
        Self { address: ReservedAddress::new(), task: None }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address.get()
    }

    /// From now on. Connections that were made before are cut.
    pub(crate) async fn behave(&mut self, behaviour: Behaviour) {
        if let Some(task) = self.task.take() {
            task.abort();
            while !task.is_finished() {
                tokio::task::yield_now().await;
            }
        }
        if !matches!(behaviour, Behaviour::Gone) {
            self.task = Some(tokio::spawn(accept(self.address.listen(), behaviour)).abort_handle());
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, behaviour: Behaviour) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(async move {
            // A connection that breaks has its end with it.
            let _ = serve(client, behaviour).await;
        });
    }
}

async fn serve(mut client: TcpStream, behaviour: Behaviour) -> std::io::Result<()> {
    let mut first = [0; 3];
    client.read_exact(&mut first).await?;
    let server = match behaviour {
        Behaviour::Gone | Behaviour::Silent => return std::future::pending().await,
        Behaviour::Answers(answer) => {
            client.write_all(answer.as_bytes()).await?;
            client.shutdown().await?;
            // What is not read resets the connection, and may take the answer with it.
            tokio::io::copy(&mut client, &mut tokio::io::sink()).await?;
            return Ok(());
        }
        Behaviour::Passes { grpc, .. } if first == *b"PRI" => grpc,
        Behaviour::Passes { http, .. } => http,
    };
    let mut server = TcpStream::connect(server).await?;
    server.write_all(&first).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

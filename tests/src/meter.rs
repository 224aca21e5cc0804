//! Between a client and a server: counts what the client sends, as anybody on the way can who reads none of it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{self, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::http1::{Connection, Listener};

/// A meter on this machine. It ends with its drop.
#[derive(Debug)]
pub struct Meter {
    listener: Listener,
    sent: Arc<AtomicUsize>,
}

impl Meter {
    /// Passes all connections on to this address.
    pub fn before(server: SocketAddr) -> Self {
        let sent = Arc::<AtomicUsize>::default();
        let listener = Listener::start(None, {
            let sent = sent.clone();
            move |client| pass_on(client, server, sent.clone())
        });
        Self { listener, sent }
    }

    /// Where it listens, as an endpoint.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.listener.address())
    }

    /// How many bytes clients have sent so far.
    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

async fn pass_on(client: Box<dyn Connection>, server: SocketAddr, sent: Arc<AtomicUsize>) -> io::Result<()> {
    let (mut from_client, mut to_client) = io::split(client);
    let (mut from_server, mut to_server) = TcpStream::connect(server).await?.into_split();
    let forth = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = from_client.read(&mut buffer).await?;
            if read == 0 {
                return to_server.shutdown().await;
            }
            // Before it is passed on, so that it is counted when the server responds.
            sent.fetch_add(read, Ordering::SeqCst);
            to_server.write_all(&buffer[..read]).await?;
        }
    };
    let back = async {
        io::copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(forth, back)?;
    Ok(())
}

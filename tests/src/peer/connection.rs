//! The peer's thread: accepts connections, and runs the script for each request on them.

use std::{future::poll_fn, net, pin::Pin, sync::Arc, task::Poll};

use bytes::Bytes;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{broadcast, mpsc},
    task::JoinSet,
};
use tracing::subscriber::NoSubscriber;

use super::{Command, Exchange, RequestRecord, Shared, exchange::ConnectionCommand};

pub(super) type Script = Arc<dyn Fn(Exchange) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// HTTP/2 settings of a peer.
#[derive(Debug, Clone, Copy, Default)]
pub struct PeerOptions {
    initial_window: Option<u32>,
    header_table: Option<u32>,
    streams: Option<u32>,
}

impl PeerOptions {
    /// How many bytes of a request's body the client may send before the script reads: 0 keeps it from sending any
    /// until [`Exchange::open_windows`].
    pub fn initial_window(mut self, bytes: u32) -> Self {
        self.initial_window = Some(bytes);
        self
    }

    /// How many calls the client may have at a time.
    pub fn streams(mut self, streams: u32) -> Self {
        self.streams = Some(streams);
        self
    }

    /// How many bytes of headers the client may have the peer remember.
    pub fn header_table(mut self, bytes: u32) -> Self {
        self.header_table = Some(bytes);
        self
    }
}

pub(super) fn run(
    listener: net::TcpListener,
    options: PeerOptions,
    shared: Arc<Shared>,
    script: Script,
    commands: mpsc::UnboundedReceiver<Command>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(NoSubscriber::default(), || {
        runtime.block_on(serve(listener, options, shared, script, commands));
    });
}

async fn serve(
    listener: net::TcpListener,
    options: PeerOptions,
    shared: Arc<Shared>,
    script: Script,
    mut commands: mpsc::UnboundedReceiver<Command>,
) {
    let listener = TcpListener::from_std(listener).unwrap();
    let (go_away, _) = broadcast::channel(1);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.unwrap();
                let mut number = 0;
                shared.connections.send_modify(|connections| {
                    number = connections.opened;
                    connections.opened += 1;
                });
                let connection = Connection { number, options, shared: shared.clone(), script: script.clone() };
                connections.spawn(connection.serve(stream, go_away.subscribe()));
            }
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended && error.is_panic() {
                    std::panic::resume_unwind(error.into_panic());
                }
            }
            command = commands.recv() => match command {
                Some(Command::GoAway) => drop(go_away.send(())),
                Some(Command::Stop) | None => break,
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
    shared.connections.send_modify(|connections| connections.refused = true);
}

struct Connection {
    number: usize,
    options: PeerOptions,
    shared: Arc<Shared>,
    script: Script,
}

impl Connection {
    async fn serve(self, stream: TcpStream, mut go_away: broadcast::Receiver<()>) {
        let closed = Closed(self.shared.clone());
        stream.set_nodelay(true).unwrap();
        let mut builder = h2::server::Builder::new();
        builder.initial_connection_window_size(16 * 1024 * 1024);
        if let Some(bytes) = self.options.initial_window {
            builder.initial_window_size(bytes);
        }
        if let Some(bytes) = self.options.header_table {
            builder.header_table_size(bytes);
        }
        if let Some(streams) = self.options.streams {
            builder.max_concurrent_streams(streams);
        }
        // A client may hang up before it has said anything.
        let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else { return };
        let (commands, mut received) = mpsc::unbounded_channel();
        let mut scripts = JoinSet::new();
        loop {
            tokio::select! {
                accepted = connection.accept() => {
                    let Some(Ok((request, respond))) = accepted else { break };
                    let (request, body) = request.into_parts();
                    let record = Arc::new(RequestRecord::new(self.number, request, body.is_end_stream()));
                    self.shared.requests.send_modify(|requests| requests.push(record.clone()));
                    scripts.spawn((self.script)(Exchange::new(record, body, respond, commands.clone())));
                }
                Some(ended) = scripts.join_next() => {
                    if let Err(error) = ended && error.is_panic() {
                        std::panic::resume_unwind(error.into_panic());
                    }
                }
                Some(command) = received.recv() => match command {
                    ConnectionCommand::OpenWindows(bytes) => connection.set_initial_window_size(bytes).unwrap(),
                    ConnectionCommand::GoAway => connection.graceful_shutdown(),
                    ConnectionCommand::Abort(reason) => connection.abrupt_shutdown(reason),
                    ConnectionCommand::Close => {
                        flush(&mut connection).await;
                        break;
                    }
                },
                Ok(()) = go_away.recv() => connection.graceful_shutdown(),
            }
        }
        drop(connection);
        // What the scripts still do concerns nobody, but they record that the connection is gone.
        scripts.shutdown().await;
        drop(closed);
    }
}

/// Writes what the scripts have queued, as far as the socket takes it now.
async fn flush(connection: &mut h2::server::Connection<TcpStream, Bytes>) {
    poll_fn(|cx| {
        let _ = connection.poll_closed(cx);
        Poll::Ready(())
    })
    .await;
}

struct Closed(Arc<Shared>);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.connections.send_modify(|connections| connections.closed += 1);
    }
}

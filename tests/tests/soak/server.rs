//! The gRPC server: tonic's own, at an address that it comes back to.

use std::{
    io,
    net::{Shutdown, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::middleware;
use futures_util::StreamExt as _;
use tests::{calls::calls_server::CallsServer, reserved_address::ReservedAddress};
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{service::Routes, transport};

use super::{
    guard::{Guard, Post, guard},
    service::Service,
    violations::Violations,
};

/// How long a server that ends gracefully waits for its calls, which take far less.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It lets the calls end that it has begun.
    Graceful,
    /// Its connections are gone.
    Abrupt,
}

pub(crate) struct Server {
    address: ReservedAddress,
    guard: Arc<Guard>,
    violations: Arc<Violations>,
    /// Odd while it is up, and one more with each start and each end.
    epoch: AtomicU64,
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), transport::Error>>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl Server {
    pub(crate) fn start(guard: Arc<Guard>, violations: Arc<Violations>) -> Self {
        let server = Self {
            address: ReservedAddress::new(),
            guard,
            violations,
            epoch: AtomicU64::new(0),
            running: Mutex::default(),
        };
        server.come_up();
        server
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::SeqCst))
    }

    pub(crate) fn come_up(&self) {
        let incoming = self.address.listen();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let incoming = TcpListenerStream::new(incoming).map({
            let connections = connections.clone();
            move |stream| kept_hold_of(stream?, &connections)
        });
        let incarnation = self.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        let post = Post { guard: self.guard.clone(), incarnation };
        let service = CallsServer::new(Service { violations: self.violations.clone() });
        let router = Routes::new(service).into_axum_router().layer(middleware::from_fn_with_state(post, guard));
        let (stop, stopped) = oneshot::channel();
        let serving = transport::Server::builder()
            .add_routes(Routes::from(router))
            .serve_with_incoming_shutdown(incoming, async { drop(stopped.await) });
        let running = Running { stop, ended: tokio::spawn(serving), connections };
        *self.running.lock().unwrap() = Some(running);
    }

    /// Ends it, and waits until nothing is left of it.
    pub(crate) async fn go_down(&self, ending: Ending) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        let running = self.running.lock().unwrap().take();
        let Running { stop, mut ended, connections } = running.unwrap();
        drop(stop);
        if ending == Ending::Graceful
            && let Ok(ended) = tokio::time::timeout(PATIENCE, &mut ended).await
        {
            return ended.unwrap().unwrap();
        }
        for connection in connections.lock().unwrap().drain(..) {
            // Those that have ended by themselves say so with an error.
            let _ = connection.shutdown(Shutdown::Both);
        }
        ended.await.unwrap().unwrap();
    }
}

/// A moment between a server's starts and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch(u64);

impl Epoch {
    pub(crate) fn is_up(self) -> bool {
        self.0 % 2 == 1
    }

    /// Whether the answer of such an incarnation is that of a server which runs now, or is to come.
    pub(crate) fn is_answered_by(self, incarnation: u64) -> bool {
        incarnation >= self.0
    }
}

fn kept_hold_of(
    stream: tokio::net::TcpStream,
    connections: &Mutex<Vec<TcpStream>>,
) -> io::Result<tokio::net::TcpStream> {
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    connections.lock().unwrap().push(stream.try_clone()?);
    tokio::net::TcpStream::from_std(stream)
}

//! A gRPC peer that does what tonic's own server cannot: it speaks HTTP/2 frame by frame, as a script says.
//!
//! It listens on loopback and runs on a thread of its own, without the subscriber that the canaries listen to: what a
//! server logs about the tokens it receives is not what is under test.
//!
//! Three ways to say what it does: [`Peer::answering`] gives the first request the first answer and so on,
//! [`Peer::checking`] accepts the tokens of a set and rejects all others, and [`Peer::start`] runs any script.

mod answer;
mod connection;
mod exchange;
mod record;
mod tokens;

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
};

pub use answer::{Answer, binary_metadata};
pub use connection::PeerOptions;
pub use exchange::Exchange;
pub use record::{Ending, RequestRecord};
pub use tokens::{Tokens, bearer};
use tokio::sync::{mpsc, watch};

use crate::guard::within_reason;

/// A running peer. It stops, and closes all connections, when it is dropped.
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
    commands: mpsc::UnboundedSender<Command>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What the peer knows about what happened to it.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    requests: watch::Sender<Vec<Arc<RequestRecord>>>,
    connections: watch::Sender<Connections>,
}

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Connections {
    opened: usize,
    closed: usize,
    refused: bool,
}

/// What the test tells the peer to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Says GOAWAY on every connection, and accepts new ones.
    GoAway,
    /// Closes every connection and the listener.
    Stop,
}

impl Peer {
    /// Starts a peer that runs `script` for each request.
    pub fn start<S, F>(script: S) -> Self
    where
        S: Fn(Exchange) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_with(PeerOptions::default(), script)
    }

    /// Starts a peer with other settings than HTTP/2's defaults.
    pub fn start_with<S, F>(options: PeerOptions, script: S) -> Self
    where
        S: Fn(Exchange) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let (commands, received) = mpsc::unbounded_channel();
        let script: connection::Script = Arc::new(move |exchange| Box::pin(script(exchange)));
        let thread = thread::spawn({
            let shared = shared.clone();
            move || connection::run(listener, options, shared, script, received)
        });
        Self { address, shared, commands, thread: Some(thread) }
    }

    /// Starts a peer that gives the n-th request the n-th answer. A request beyond the last gets INTERNAL,
    /// "unscripted request".
    pub fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Mutex<std::collections::VecDeque<_>> = Mutex::new(answers.into_iter().collect());
        Self::start(move |exchange| {
            let answer = answers.lock().unwrap().pop_front().unwrap_or_else(Answer::unscripted);
            exchange.run(answer)
        })
    }

    /// Starts a peer that lets in who has one of `tokens` in the header `key`, and gives everybody else `rejection`.
    pub fn checking(tokens: Tokens, key: &'static str, rejection: Answer, success: Answer) -> Self {
        Self::start(move |exchange| {
            let answer = if tokens.admit(exchange.headers(), key) { &success } else { &rejection };
            exchange.run(answer.clone())
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as an endpoint.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far, in the order of their arrival.
    pub fn requests(&self) -> Vec<Arc<RequestRecord>> {
        self.shared.requests.borrow().clone()
    }

    /// Waits for the request of this number (from 0) to arrive.
    pub async fn request(&self, number: usize) -> Arc<RequestRecord> {
        let mut requests = self.shared.requests.subscribe();
        let arrived = requests.wait_for(|requests| requests.len() > number);
        within_reason("a request", arrived).await.unwrap()[number].clone()
    }

    /// How many connections were opened so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.borrow().opened
    }

    /// Says GOAWAY on each connection and waits until the client has left them all: it knows then that it has none.
    pub async fn go_away(&self) {
        let opened = self.connections();
        self.commands.send(Command::GoAway).unwrap();
        self.wait_for_closed(opened).await;
    }

    /// Closes all connections and listens no more.
    pub async fn stop(&self) {
        self.commands.send(Command::Stop).unwrap();
        let mut connections = self.shared.connections.subscribe();
        within_reason("the peer to stop", connections.wait_for(|connections| connections.refused)).await.unwrap();
    }

    async fn wait_for_closed(&self, count: usize) {
        let mut connections = self.shared.connections.subscribe();
        let closed = connections.wait_for(|connections| connections.closed >= count);
        within_reason("connections to close", closed).await.unwrap();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !thread::panicking()
        {
            panic!("the peer's script panicked");
        }
    }
}

//! The token endpoint: HTTP over a real socket, which can be made to fail in each of the usual ways.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tests::{http1::read_request, reserved_address::ReservedAddress};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::watch, task::JoinHandle};

use super::tokens::{LIFETIME, Tokens};

pub(crate) const CLIENT_ID: &str = "soak";
pub(crate) const CLIENT_SECRET: &str = "the-secret-of-the-soak-test";

/// How the endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    /// It issues tokens.
    Well,
    /// Nobody listens.
    Refusing,
    /// It answers with this HTTP status.
    Failing(u16),
    /// It reads requests and does not answer.
    Hanging,
    /// It resets each connection that it has read a request from.
    Resetting,
}

impl Condition {
    pub(crate) const OUTAGES: [Self; 6] =
        [Self::Refusing, Self::Failing(500), Self::Failing(503), Self::Failing(429), Self::Hanging, Self::Resetting];
}

/// The endpoint.
pub(crate) struct Provider {
    address: ReservedAddress,
    shared: Arc<Shared>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    condition: watch::Sender<Condition>,
    tokens: Arc<Tokens>,
    requests: AtomicU64,
}

impl Provider {
    pub(crate) fn start(tokens: Arc<Tokens>) -> Self {
        let shared = Shared { condition: watch::Sender::new(Condition::Well), tokens, requests: AtomicU64::new(0) };
        let provider = Self { address: ReservedAddress::new(), shared: Arc::new(shared), listening: Mutex::default() };
        provider.listen();
        provider
    }

    pub(crate) fn token_url(&self) -> String {
        format!("http://{}/token", self.address)
    }

    /// The requests that were read so far.
    pub(crate) fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// From here on it is so. What hung until now is dropped without an answer.
    pub(crate) async fn turn(&self, condition: Condition) {
        self.shared.condition.send_replace(condition);
        let listening = self.listening.lock().unwrap().take();
        match (condition, listening) {
            (Condition::Refusing, Some(listening)) => {
                listening.abort();
                // Not before its end is the socket closed.
                let _ = listening.await;
            }
            (Condition::Refusing, None) => {}
            (_, Some(listening)) => *self.listening.lock().unwrap() = Some(listening),
            (_, None) => self.listen(),
        }
    }

    fn listen(&self) {
        let (listener, shared) = (self.address.listen(), self.shared.clone());
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move { shared.serve(stream).await });
            }
        });
        *self.listening.lock().unwrap() = Some(listening);
    }
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let (head, body) = read_request(&mut stream).await?;
        self.requests.fetch_add(1, Ordering::SeqCst);
        let mut condition = self.condition.subscribe();
        let now = *condition.borrow_and_update();
        let (status, answer) = match now {
            Condition::Hanging => {
                let _ = condition.wait_for(|condition| *condition != Condition::Hanging).await;
                return Ok(());
            }
            Condition::Resetting | Condition::Refusing => return stream.set_zero_linger(),
            Condition::Failing(status) => (status, "{}".to_owned()),
            Condition::Well => {
                let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
                let client = head.headers.get("authorization").is_some_and(|value| *value == *basic);
                match client && body == b"grant_type=client_credentials" {
                    true => (200, self.issue()),
                    false => (401, r#"{"error":"invalid_client"}"#.to_owned()),
                }
            }
        };
        let head = format!(
            "HTTP/1.1 {status} \r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    }

    fn issue(&self) -> String {
        let (token, lifetime) = (self.tokens.issue(), LIFETIME.as_secs());
        format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{lifetime}}}"#)
    }
}

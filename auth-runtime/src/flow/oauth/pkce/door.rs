//! What a browser's connection to the redirect URI gets to see.

use std::{
    convert::Infallible,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use secrecy::SecretString;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, oneshot},
};

use super::{
    callback::{Expected, Verdict},
    page::{self, Page},
};
use crate::{AuthError, limits};

/// What connections need to know.
pub(crate) struct Door {
    path: String,
    expected: Expected,
    answered: AtomicBool,
    callbacks: mpsc::Sender<Callback>,
}

/// Where the answer to the login arrives.
pub(crate) struct Callbacks {
    receiver: mpsc::Receiver<Callback>,
}

/// The answer, and the browser that waits to hear how it went.
pub(crate) struct Callback {
    outcome: Result<SecretString, AuthError>,
    reply: Reply,
}

/// A browser that waits for a page.
pub(crate) struct Reply {
    page: oneshot::Sender<Page>,
    /// Ends when the browser has the page, or has gone.
    connection: Option<oneshot::Receiver<Infallible>>,
}

/// One connection, which may carry several requests.
pub(crate) fn converse<S>(stream: S, door: Arc<Door>) -> impl Future<Output = ()> + Send + use<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Dropped with the service, at the connection's end.
    let open = Arc::new(Mutex::new(None));
    let service = service_fn(move |request: Request<Incoming>| {
        let (door, open) = (Arc::clone(&door), Arc::clone(&open));
        async move { Ok::<_, Infallible>(door.answer(&request, &open).await) }
    });
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(limits::CALLBACK_HEAD_TIMEOUT)
        .max_buf_size(limits::CALLBACK_HEAD_BYTES);
    async move {
        // How it failed is the browser's business.
        let _ = server.serve_connection(TokioIo::new(stream), service).await;
    }
}

impl Door {
    pub(crate) fn new(path: &str, expected: Expected) -> (Self, Callbacks) {
        let (callbacks, receiver) = mpsc::channel(1);
        (Self { path: path.to_owned(), expected, answered: AtomicBool::new(false), callbacks }, Callbacks { receiver })
    }

    async fn answer(
        &self,
        request: &Request<Incoming>,
        open: &Mutex<Option<oneshot::Sender<Infallible>>>,
    ) -> Response<Full<Bytes>> {
        let outcome = match self.expected.judge(&self.path, request.method(), request.uri()) {
            Verdict::ElsewhereOnThisServer => return page::not_found().into_response(),
            Verdict::NotGet => return page::not_get().into_response(),
            Verdict::Foreign => return page::foreign().into_response(),
            Verdict::Answer(_) if self.answered.swap(true, Ordering::SeqCst) => {
                return page::second_answer().into_response();
            }
            Verdict::Answer(outcome) => outcome,
        };
        let (page, reply) = oneshot::channel();
        let (connected, connection) = oneshot::channel();
        *open.lock().unwrap_or_else(PoisonError::into_inner) = Some(connected);
        let reply_to = Reply { page, connection: Some(connection) };
        // Both fail only when the login was given up meanwhile.
        let _ = self.callbacks.send(Callback { outcome, reply: reply_to }).await;
        reply.await.unwrap_or_else(|_| page::given_up()).into_response()
    }
}

impl Callbacks {
    /// Waits for the answer.
    pub(crate) async fn next(&mut self) -> Result<Callback, AuthError> {
        self.receiver.recv().await.ok_or(AuthError::interrupted("its listener was closed"))
    }
}

impl Callback {
    pub(crate) fn into_parts(self) -> (Result<SecretString, AuthError>, Reply) {
        (self.outcome, self.reply)
    }
}

impl Reply {
    /// Shows the page, and waits a moment until the browser has it.
    pub(crate) async fn with(mut self, page: Page, timeout: Duration) {
        if self.page.send(page).is_ok()
            && let Some(connection) = self.connection.take()
        {
            let _ = tokio::time::timeout(timeout, connection).await;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        time::Instant,
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_falls_silent_in_the_middle_of_a_head_is_closed() {
        let (door, _callbacks) = Door::new("/callback", Expected { state: "state".into(), issuer: Default::default() });
        let (mut browser, connection) = tokio::io::duplex(1024);
        let (begun, conversation) = (Instant::now(), converse(connection, Arc::new(door)));
        let silence = async {
            browser.write_all(b"GET /callback HTTP/1.1\r\nhost: ").await.unwrap();
            let mut response = Vec::new();
            // Whether there are last words is the server's to decide.
            let _ = browser.read_to_end(&mut response).await;
        };
        tokio::join!(conversation, silence);
        assert_eq!(begun.elapsed(), crate::limits::CALLBACK_HEAD_TIMEOUT);
    }
}

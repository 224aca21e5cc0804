//! What a browser's connection to the listener gets to see.

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
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, watch},
};

use super::{
    callback::Callback,
    connections::HasAsked,
    page::{self, Page},
    site::{Place, Site},
    visits::{Begun, Visits},
};
use crate::{AuthError, discovery::IssuerCheck, limits};

type Begin = Box<dyn Fn() -> Begun + Send + Sync>;

/// What connections need to know.
pub(crate) struct Door {
    site: Site,
    /// Begins an authorization: for each visit its own.
    begin: Begin,
    issuer: IssuerCheck,
    lifetime: Duration,
    visits: Mutex<Visits>,
    answered: AtomicBool,
    answers: mpsc::Sender<Answer>,
    end: watch::Receiver<Option<Page>>,
    fetched: watch::Sender<bool>,
}

/// Where the answer to the login arrives.
pub(crate) struct Answers {
    receiver: mpsc::Receiver<Answer>,
    reply: Reply,
}

/// What comes back from the provider, of the browser that was sent there.
pub(crate) struct Code {
    pub(crate) code: SecretString,
    pub(crate) verifier: SecretString,
}

/// How the authorization ended.
pub(crate) type Answer = Result<Code, AuthError>;

/// A browser that waits for the page at the end.
pub(crate) struct Reply {
    page: watch::Sender<Option<Page>>,
    fetched: watch::Receiver<bool>,
}

/// Dropped with the connection on which the browser got the page at the end.
struct Fetched(watch::Sender<bool>);

impl Drop for Fetched {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

/// One connection, which may carry several requests.
pub(crate) fn converse<S>(stream: S, door: Arc<Door>, has_asked: HasAsked) -> impl Future<Output = ()> + Send + use<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Dropped with the service, at the connection's end.
    let fetched = Arc::new(Mutex::new(None));
    let service = service_fn(move |request: Request<Incoming>| {
        has_asked.set();
        let (door, fetched) = (Arc::clone(&door), Arc::clone(&fetched));
        async move { Ok::<_, Infallible>(door.answer(&request, &fetched).await) }
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
    /// Visits are good for `lifetime`.
    pub(crate) fn new(
        site: Site,
        issuer: IssuerCheck,
        lifetime: Duration,
        begin: impl Fn() -> Begun + Send + Sync + 'static,
    ) -> (Self, Answers) {
        let (answers, receiver) = mpsc::channel(1);
        let (page, end) = watch::channel(None);
        let (fetched, is_fetched) = watch::channel(false);
        let door = Self {
            site,
            begin: Box::new(begin),
            issuer,
            lifetime,
            visits: Mutex::default(),
            answered: AtomicBool::new(false),
            answers,
            end,
            fetched,
        };
        (door, Answers { receiver, reply: Reply { page, fetched: is_fetched } })
    }

    async fn answer<B>(&self, request: &Request<B>, fetched: &Mutex<Option<Fetched>>) -> Response<Full<Bytes>> {
        match self.site.place(request.method(), request.uri(), request.headers()) {
            Place::OtherHost => page::foreign().into_response(),
            Place::Unknown => page::not_found().into_response(),
            Place::NotGet => page::not_get().into_response(),
            Place::Link(number) => self.visited(number, request).await,
            Place::RedirectUri => self.returned(request).await,
            Place::End => self.ended(fetched).await,
        }
    }

    async fn visited<B>(&self, link: usize, request: &Request<B>) -> Response<Full<Bytes>> {
        if self.answered.load(Ordering::SeqCst) {
            return page::second_response().into_response();
        }
        match self.visit(link, request.headers()) {
            Some((url, cookie)) => page::redirect(&url, Some(cookie.expose_secret())),
            None => self.end_with(Err(opened_twice())).await,
        }
    }

    /// Where a browser that opened a link is sent, with which cookie; `None` where another one has opened it before.
    pub(crate) fn visit(&self, link: usize, headers: &HeaderMap) -> Option<(String, SecretString)> {
        let begun = (self.begin)();
        let mut visits = self.visits();
        let first = !visits.is_second(link, headers);
        first.then(|| {
            let cookie = visits.add(link, &begun, self.site.cookie_path(), self.lifetime);
            (begun.url, cookie)
        })
    }

    async fn returned<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let callback = Callback::new(request.uri().query());
        let returned = callback.state().and_then(|state| self.visits().returned(&state, request.headers()));
        // Anybody who can make the browser open a page can send such a request: it ends nothing.
        let Some(returned) = returned else { return page::foreign().into_response() };
        let code = callback.read(returned.state.expose_secret(), &self.issuer);
        self.end_with(code.map(|code| Code { code, verifier: returned.verifier })).await
    }

    async fn end_with(&self, answer: Answer) -> Response<Full<Bytes>> {
        if self.answered.swap(true, Ordering::SeqCst) {
            return page::second_response().into_response();
        }
        // Fails only when the login was given up meanwhile.
        let _ = self.answers.send(answer).await;
        page::redirect(self.site.end(), None)
    }

    async fn ended(&self, fetched: &Mutex<Option<Fetched>>) -> Response<Full<Bytes>> {
        let mut end = self.end.clone();
        let page = end.wait_for(Option::is_some).await.ok().and_then(|page| page.clone());
        *fetched.lock().unwrap_or_else(PoisonError::into_inner) = Some(Fetched(self.fetched.clone()));
        page.unwrap_or_else(page::given_up).into_response()
    }

    fn visits(&self) -> std::sync::MutexGuard<'_, Visits> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn opened_twice() -> AuthError {
    AuthError::permanent(
        "the login was ended because its link was opened twice; if that was not you, somebody else on this machine \
         may have tried to answer it; start the login again and open its link once",
    )
}

impl Answers {
    /// Waits for the answer.
    pub(crate) async fn next(mut self) -> Result<(Answer, Reply), AuthError> {
        let answer = self.receiver.recv().await.ok_or(AuthError::interrupted("its listener was closed"))?;
        Ok((answer, self.reply))
    }
}

impl Reply {
    /// Shows the page, and waits a moment until the browser has it.
    pub(crate) async fn with(mut self, page: Page, timeout: Duration) {
        if self.page.send(Some(page)).is_ok() {
            let _ = tokio::time::timeout(timeout, self.fetched.wait_for(|fetched| *fetched)).await;
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

    fn door() -> (Door, Answers) {
        let site = Site::new(&"http://localhost:53593/callback".parse().unwrap());
        let begin = || Begun { url: "https://idp/".to_owned(), state: "state".into(), verifier: "verifier".into() };
        Door::new(site, IssuerCheck::default(), Duration::from_secs(300), begin)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_falls_silent_in_the_middle_of_a_head_is_closed() {
        let (door, _answers) = door();
        let (mut browser, connection) = tokio::io::duplex(1024);
        let (begun, conversation) = (Instant::now(), converse(connection, Arc::new(door), HasAsked::default()));
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

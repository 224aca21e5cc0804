//! An OAuth 2 token endpoint over real sockets: it does what its script says, and where that ends it checks the
//! client's credentials and issues tokens.

mod answer;
mod request;

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
};

use serde_json::json;
use tokio::sync::watch;

pub use self::{answer::Answer, request::TokenRequest};
use crate::{
    certificates::Certificates,
    guard::within_reason,
    http1::{Connection, Listener, read_request},
};

/// A token endpoint on this machine. It ends with its drop.
#[derive(Debug)]
pub struct TokenEndpoint {
    listener: Listener,
    scheme: &'static str,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<VecDeque<Answer>>,
    otherwise: Box<dyn Fn(&TokenRequest) -> Answer + Send + Sync>,
    requests: watch::Sender<Vec<TokenRequest>>,
}

impl TokenEndpoint {
    /// Gives the n-th request the n-th answer, and every later one a 500.
    pub fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let endpoint = Self::start(None, |_request| Answer::status(500));
        endpoint.shared.script.lock().unwrap().extend(answers);
        endpoint
    }

    /// The client credentials grant for one client. `issue` makes the tokens, which last `lifetime` seconds.
    pub fn issuing(id: &str, secret: &str, lifetime: u64, issue: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self::start(None, grant(id, secret, lifetime, issue))
    }

    /// The same over TLS.
    pub fn issuing_over_tls(
        certificates: &Certificates,
        id: &str,
        secret: &str,
        lifetime: u64,
        issue: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        Self::start(Some(certificates), grant(id, secret, lifetime, issue))
    }

    fn start(
        certificates: Option<&Certificates>,
        otherwise: impl Fn(&TokenRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            script: Mutex::default(),
            otherwise: Box::new(otherwise),
            requests: watch::Sender::new(Vec::new()),
        });
        let listener = Listener::start(certificates.map(Certificates::acceptor), {
            let shared = shared.clone();
            move |stream| serve(stream, shared.clone())
        });
        Self { listener, scheme: if certificates.is_some() { "https" } else { "http" }, shared }
    }

    /// Adds what the next request is answered that has no script yet.
    pub fn then(&self, answer: Answer) -> &Self {
        self.shared.script.lock().unwrap().push_back(answer);
        self
    }

    /// Its URL, by address.
    pub fn url(&self) -> String {
        format!("{}://{}/token", self.scheme, self.listener.address())
    }

    /// Its URL under another name.
    pub fn url_as(&self, host: &str) -> String {
        format!("{}://{host}:{}/token", self.scheme, self.listener.address().port())
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<TokenRequest> {
        self.shared.requests.borrow().clone()
    }

    /// The only request so far.
    ///
    /// # Panics
    ///
    /// If there was none, or more than one.
    pub fn only_request(&self) -> TokenRequest {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "requests at the token endpoint");
        requests.remove(0)
    }

    /// Waits until there have been so many requests.
    pub async fn requested(&self, count: usize) {
        let mut requests = self.shared.requests.subscribe();
        within_reason("a token request", requests.wait_for(|requests| requests.len() >= count)).await.unwrap();
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("requests", &self.requests.borrow().len()).finish_non_exhaustive()
    }
}

async fn serve(mut stream: Box<dyn Connection>, shared: Arc<Shared>) -> io::Result<()> {
    let (head, body) = read_request(&mut *stream).await?;
    let request = TokenRequest::new(head, body);
    let scripted = shared.script.lock().unwrap().pop_front();
    let answer = scripted.unwrap_or_else(|| (shared.otherwise)(&request));
    shared.requests.send_modify(|requests| requests.push(request));
    answer.write_to(stream).await
}

/// RFC 6749 section 4.4, strictly: whatever a lenient provider would let pass is refused.
fn grant(
    id: &str,
    secret: &str,
    lifetime: u64,
    issue: impl Fn() -> String + Send + Sync + 'static,
) -> impl Fn(&TokenRequest) -> Answer + Send + Sync + 'static {
    let expected = (id.to_owned(), secret.to_owned());
    move |request| {
        let refuse = |status, error: &str| Answer::json(status, json!({ "error": error }));
        if request.method != "POST" || !request.is_form() || request.repeats_or_empties_a_field() {
            return refuse(400, "invalid_request");
        }
        if request.field("grant_type") != Some("client_credentials") {
            return refuse(400, "unsupported_grant_type");
        }
        match (request.form_encoded_basic(), request.body_credentials()) {
            // Section 2.3: one way per request.
            (Some(_), Some(_)) => refuse(400, "invalid_request"),
            (Some(given), None) | (None, Some(given)) if given == expected => Answer::token(issue(), lifetime),
            _ => refuse(401, "invalid_client").header("www-authenticate", "Basic"),
        }
    }
}

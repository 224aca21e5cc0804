//! An identity provider for people's logins, over real sockets: authorization code with PKCE, device code, refresh
//! tokens with rotation and revocation. It is strict: whatever a lenient provider would let pass is refused.

mod device;
mod grants;
mod request;
mod token;

use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::{Arc, Mutex},
};

use serde_json::json;
use tokio::sync::watch;
use url::Url;

use self::grants::{Authorization, Grants};
pub use self::request::ProviderRequest;
use crate::{
    canary::Canary,
    guard::within_reason,
    http1::{Connection, Listener, read_request},
    peer::Tokens,
    token_endpoint::Answer,
};

/// The id of the provider's only client.
pub const CLIENT_ID: &str = "the client";

/// A provider on this machine. It ends with its drop.
#[derive(Debug)]
pub struct IdentityProvider {
    listener: Listener,
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    canary: Arc<Canary>,
    tokens: Tokens,
    settings: Mutex<Settings>,
    grants: Mutex<Grants>,
    scripts: Mutex<HashMap<&'static str, VecDeque<Answer>>>,
    pages: Mutex<HashMap<String, Answer>>,
    requests: watch::Sender<Vec<ProviderRequest>>,
}

/// What a provider may do one way or the other.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long access tokens last, in seconds.
    pub lifetime: u64,
    /// Whether a refresh brings a new refresh token, and ends the old one.
    pub rotation: bool,
    /// What is said about a device code beside the codes themselves.
    pub device: serde_json::Value,
    /// The issuer that is named in a redirect (RFC 9207).
    pub issuer: Option<String>,
    /// The client's secret, which it sends with HTTP Basic. Without one it sends its id in the body.
    pub secret: Option<String>,
    /// Whether a device login needs a challenge (RFC 7636), as Keycloak can be told.
    pub device_challenge: bool,
    /// Whether a refresh needs its scopes, as at Entra ID.
    pub refresh_scope: bool,
    /// The id token beside each access token.
    pub id_token: Option<String>,
}

impl IdentityProvider {
    /// A provider whose access tokens are let in by whoever looks at `tokens`. All that it makes up is a secret of
    /// `canary`.
    pub fn start(canary: Arc<Canary>, tokens: Tokens) -> Self {
        let settings = Settings {
            lifetime: 3600,
            rotation: true,
            device: json!({ "expires_in": 600 }),
            issuer: None,
            secret: None,
            device_challenge: false,
            refresh_scope: false,
            id_token: None,
        };
        let shared = Arc::new(Shared {
            canary,
            tokens,
            settings: Mutex::new(settings),
            grants: Mutex::default(),
            scripts: Mutex::default(),
            pages: Mutex::default(),
            requests: watch::Sender::new(Vec::new()),
        });
        let listener = Listener::start(None, {
            let shared = shared.clone();
            move |stream| serve(stream, shared.clone())
        });
        Self { listener, shared }
    }

    /// Changes what it does from now on.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.settings.lock().unwrap());
    }

    /// The URL of one of its pages: `/authorize`, `/token`, `/device`, `/revoke`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listener.address())
    }

    /// The same under another name: see [`browser`](crate::browser).
    pub fn url_as(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.listener.address().port())
    }

    /// Adds a page, such as its metadata.
    pub fn publish(&self, path: impl Into<String>, page: Answer) -> &Self {
        self.shared.pages.lock().unwrap().insert(path.into(), page);
        self
    }

    /// Adds an answer for the next request to `path` that has none yet, in the place of the right one.
    pub fn then(&self, path: &'static str, answer: Answer) -> &Self {
        self.shared.scripts.lock().unwrap().entry(path).or_default().push_back(answer);
        self
    }

    /// The requests so far, to `path`.
    pub fn requests(&self, path: &str) -> Vec<ProviderRequest> {
        self.shared.requests.borrow().iter().filter(|request| request.path == path).cloned().collect()
    }

    /// Waits until there have been so many requests to `path`.
    pub async fn requested(&self, path: &str, count: usize) {
        let mut requests = self.shared.requests.subscribe();
        let enough = |requests: &Vec<ProviderRequest>| requests.iter().filter(|one| one.path == path).count() >= count;
        within_reason("a request to the provider", requests.wait_for(enough)).await.unwrap();
    }

    /// Ends all refresh tokens: their use is answered with `invalid_grant`.
    pub fn revoke_refresh_tokens(&self) {
        self.shared.grants.lock().unwrap().refresh_tokens.clear();
    }

    /// The refresh tokens that are good.
    pub fn refresh_tokens(&self) -> Vec<String> {
        self.shared.grants.lock().unwrap().refresh_tokens.iter().cloned().collect()
    }

    /// The person enters the code of a device login and agrees, or not.
    pub fn decide(&self, user_code: &str, agrees: bool) {
        self.shared.grants.lock().unwrap().decide(user_code, agrees);
    }
}

async fn serve(mut stream: Box<dyn Connection>, shared: Arc<Shared>) -> io::Result<()> {
    let (head, body) = read_request(&mut *stream).await?;
    let request = ProviderRequest::new(&head, &body);
    let scripted = shared.scripts.lock().unwrap().get_mut(request.path.as_str()).and_then(VecDeque::pop_front);
    let page = || shared.pages.lock().unwrap().get(&request.path).cloned();
    let answer = scripted.or_else(page).unwrap_or_else(|| shared.answer(&request));
    shared.requests.send_modify(|requests| requests.push(request));
    answer.write_to(stream).await
}

impl Shared {
    fn answer(&self, request: &ProviderRequest) -> Answer {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/authorize") => self.authorize(request),
            ("POST", "/token") => self.token(request),
            ("POST", "/device") => self.begin_device_login(request),
            ("POST", "/revoke") => self.revoke(request),
            _ => Answer::status(404),
        }
    }

    /// RFC 6749 section 4.1.1 and RFC 7636 section 4.3, for a person who is logged in and agrees to everything.
    fn authorize(&self, request: &ProviderRequest) -> Answer {
        let complain = |what: &str| Answer::text(400, "text/plain", what.to_owned());
        let field = |name: &str| request.field(name).unwrap_or_default().to_owned();
        if request.repeats_or_empties_a_field() {
            return complain("a field is empty or repeated");
        }
        let redirect_uri: Url = match field("redirect_uri").parse() {
            Ok(url) => url,
            Err(_) => return complain("the redirect URI is none"),
        };
        let challenge = field("code_challenge");
        if field("client_id") != CLIENT_ID || field("response_type") != "code" {
            return complain("not this client");
        }
        if field("code_challenge_method") != "S256" || challenge.len() != 43 || field("state").len() < 16 {
            return complain("state, or the challenge's method, is not good enough");
        }
        let code = self.canary.secret();
        let authorization = Authorization { challenge, redirect_uri: field("redirect_uri") };
        self.grants.lock().unwrap().codes.insert(code.clone(), authorization);
        let mut location = redirect_uri;
        location.query_pairs_mut().append_pair("code", &code).append_pair("state", &field("state"));
        if let Some(issuer) = &self.settings.lock().unwrap().issuer {
            location.query_pairs_mut().append_pair("iss", issuer);
        }
        Answer::status(302).header("location", location.as_str()).header("content-length", "0")
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("requests", &self.requests.borrow().len()).finish_non_exhaustive()
    }
}

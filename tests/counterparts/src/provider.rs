//! A token endpoint that counts logins, and what a proxy asks about each token.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use auth_runtime::{Authenticator, AuthenticatorBuilder, flow::ClientCredentials};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::{any, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

/// What signs the tokens.
const SIGNING_KEY: &str = "what only the provider and its servers know";

/// What signs the tokens.
pub fn secret() -> &'static str {
    SIGNING_KEY
}

/// What signs the tokens, as a JSON Web Key has it.
pub fn signing_key() -> String {
    URL_SAFE_NO_PAD.encode(SIGNING_KEY)
}

/// A provider on this machine. Its tokens are numbered by the epoch in which they were issued.
#[derive(Debug)]
pub struct Provider {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    logins: AtomicUsize,
    epoch: AtomicU64,
}

impl Provider {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// If there is no port for it.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/token", post(issue))
            // nginx asks at this path, envoy with the path of the call behind it.
            .route("/check", any(check))
            .route("/check/{*path}", any(check))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, shared, task }
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// How often somebody has logged in.
    pub fn logins(&self) -> usize {
        self.shared.logins.load(Ordering::SeqCst)
    }

    /// Ends all tokens so far, and returns the number that new ones will have.
    pub fn revoke(&self) -> u64 {
        self.shared.epoch.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A token that counts, for clients that do not log in.
    pub fn token(&self) -> String {
        self.shared.token()
    }

    /// A session that logs in here.
    pub fn authenticator(&self, endpoint: &str) -> AuthenticatorBuilder {
        let token_url = format!("http://{}/token", self.address);
        Authenticator::builder(endpoint).flow(ClientCredentials::new("counterparts", "a secret").token_url(token_url))
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn token(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let claims = json!({
            "iss": "counterparts",
            "sub": "a caller",
            "exp": now + 3600,
            "epoch": self.epoch.load(Ordering::SeqCst),
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(json!({ "alg": "HS256", "typ": "JWT", "kid": "one" })), part(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_KEY.as_bytes()).expect("any length will do");
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let epoch = || {
            let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
            let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
            serde_json::from_slice::<Value>(&claims).ok()?["epoch"].as_u64()
        };
        epoch() == Some(self.epoch.load(Ordering::SeqCst))
    }
}

async fn issue(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    shared.logins.fetch_add(1, Ordering::SeqCst);
    let body = json!({ "access_token": shared.token(), "token_type": "Bearer", "expires_in": 3600 });
    ([("content-type", "application/json")], body.to_string())
}

async fn check(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> StatusCode {
    if shared.admits(&headers) { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
}

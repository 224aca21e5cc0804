//! The token endpoint itself.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::post,
};
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinSet};

use super::{Tokens, grant::RegisteredClient, grant_error::GrantError};

/// What a [`TokenEndpoint`] is started with.
#[derive(Debug, Clone)]
pub struct TokenEndpointSettings {
    /// Where to listen; port 0 lets the operating system choose.
    pub address: SocketAddr,
    /// The one client that is known.
    pub client_id: String,
    /// What it proves itself with.
    pub client_secret: SecretString,
    /// How long access tokens live.
    pub token_lifetime: Duration,
}

/// An OAuth 2 token endpoint. Dropping it stops it.
#[allow(missing_debug_implementations, reason = "the client's secret is inside")]
pub struct TokenEndpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
    _serving: JoinSet<()>,
}

struct Shared {
    client: RegisteredClient,
    tokens: Arc<Tokens>,
    lifetime_milliseconds: AtomicU64,
    requests: AtomicU64,
}

impl TokenEndpoint {
    /// Starts listening.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on.
    pub async fn start(settings: TokenEndpointSettings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            client: RegisteredClient { id: settings.client_id, secret: settings.client_secret },
            tokens: Arc::default(),
            lifetime_milliseconds: AtomicU64::new(milliseconds(settings.token_lifetime)),
            requests: AtomicU64::new(0),
        });
        let router = Router::new().route("/oauth2/token", post(answer)).with_state(Arc::clone(&shared));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the token endpoint stopped: {error}");
            }
        });
        Ok(Self { address, shared, _serving: serving })
    }

    /// The endpoint's URL.
    pub fn url(&self) -> String {
        format!("{}/oauth2/token", self.issuer())
    }

    /// The URL of the authorization server that the endpoint belongs to.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The tokens that it issues.
    pub fn tokens(&self) -> &Arc<Tokens> {
        &self.shared.tokens
    }

    /// How many requests it has seen, whatever the answer.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// How long the tokens live that are issued from now on.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.shared.lifetime_milliseconds.store(milliseconds(lifetime), Ordering::Relaxed);
    }
}

fn milliseconds(lifetime: Duration) -> u64 {
    u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX)
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    shared.requests.fetch_add(1, Ordering::Relaxed);
    shared.issue(&headers, &body).unwrap_or_else(IntoResponse::into_response)
}

impl Shared {
    /// RFC 6749 section 5.1. `expires_in` counts whole seconds: a shorter lifetime is not told.
    fn issue(&self, headers: &HeaderMap, body: &[u8]) -> Result<Response, GrantError> {
        let lifetime = Duration::from_millis(self.lifetime_milliseconds.load(Ordering::Relaxed));
        let caller = self.client.grant(headers, body)?;
        let scope = caller.scopes.join(" ");
        let token = self.tokens.issue(caller, lifetime).map_err(|_| GrantError::ServerError)?;
        let mut answer = serde_json::json!({ "access_token": token, "token_type": "Bearer", "scope": scope });
        if lifetime.as_secs() > 0 {
            answer["expires_in"] = lifetime.as_secs().into();
        }
        Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
    }
}

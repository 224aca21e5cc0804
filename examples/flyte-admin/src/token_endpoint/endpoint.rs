//! The HTTP side as a whole.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
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
    routing::{get, post},
};
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    Tokens, authorize,
    clients::Clients,
    grant::Granted,
    grant_error::GrantError,
    issuer::{Issuer, Provider},
    metadata,
    token_kind::TokenKind,
};

/// What a [`TokenEndpoint`] is started with.
#[derive(Debug, Clone)]
pub struct TokenEndpointSettings {
    /// Where to listen; port 0 lets the operating system choose.
    pub address: SocketAddr,
    /// The one client with a secret that is known.
    pub client_id: String,
    /// What it proves itself with.
    pub client_secret: SecretString,
    /// How long access tokens live.
    pub token_lifetime: Duration,
    /// How long refresh tokens live.
    pub refresh_token_lifetime: Duration,
    /// Where the public client wants its codes.
    pub redirect_uri: String,
    /// Whose provider it is.
    pub provider: Provider,
    /// The origin under which it is reached, if an ingress is in front of it.
    pub public_origin: Option<String>,
}

impl TokenEndpointSettings {
    /// Flyte's own provider on loopback, with flyteadmin's defaults: access tokens for 30 minutes, refresh tokens for 60.
    pub fn new(client_id: impl Into<String>, client_secret: SecretString) -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            client_id: client_id.into(),
            client_secret,
            token_lifetime: Duration::from_secs(30 * 60),
            refresh_token_lifetime: Duration::from_secs(60 * 60),
            redirect_uri: "http://localhost:53593/callback".into(),
            provider: Provider::FlytesOwn,
            public_origin: None,
        }
    }
}

/// The HTTP side of a Flyte with its authorization server. Dropping it stops it.
#[allow(missing_debug_implementations, reason = "the client's secret is inside")]
pub struct TokenEndpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
    _serving: JoinSet<()>,
}

pub(super) struct Shared {
    pub(super) issuer: Issuer,
    pub(super) clients: Clients,
    pub(super) tokens: Arc<Tokens>,
    lifetime_milliseconds: AtomicU64,
    refresh_token_lifetime: Duration,
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
        let origin = settings.public_origin.unwrap_or_else(|| format!("http://{address}"));
        let shared = Arc::new(Shared {
            issuer: Issuer::new(settings.provider, origin),
            clients: Clients {
                id: settings.client_id,
                secret: settings.client_secret,
                redirect_uri: settings.redirect_uri,
            },
            tokens: Arc::default(),
            lifetime_milliseconds: AtomicU64::new(milliseconds(settings.token_lifetime)),
            refresh_token_lifetime: settings.refresh_token_lifetime,
            requests: AtomicU64::new(0),
        });
        let router = router(&shared.issuer).with_state(Arc::clone(&shared));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the token endpoint stopped: {error}");
            }
        });
        Ok(Self { address, shared, _serving: serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint's URL.
    pub fn url(&self) -> String {
        self.shared.issuer.endpoint("token")
    }

    /// The authorization server that the endpoint belongs to.
    pub fn issuer(&self) -> &Issuer {
        &self.shared.issuer
    }

    /// Where the public client wants its codes.
    pub fn redirect_uri(&self) -> &str {
        &self.shared.clients.redirect_uri
    }

    /// The tokens that it issues.
    pub fn tokens(&self) -> &Arc<Tokens> {
        &self.shared.tokens
    }

    /// How many requests for a token it has seen, whatever came of them.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// How long the tokens live that are issued from now on.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.shared.lifetime_milliseconds.store(milliseconds(lifetime), Ordering::Relaxed);
    }
}

fn router(issuer: &Issuer) -> Router<Arc<Shared>> {
    let path = |name| issuer.path(name);
    metadata::routes(issuer)
        .route(&path("token"), post(token))
        .route(&path("authorize"), get(authorize::authorize))
        .route(authorize::PEOPLES_LOGIN, get(authorize::peoples_login).post(authorize::person_logged_in))
}

fn milliseconds(lifetime: Duration) -> u64 {
    u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX)
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let granted = shared.clients.grant(&shared.tokens, &headers, &body);
    granted.and_then(|granted| shared.issue(granted)).unwrap_or_else(IntoResponse::into_response)
}

impl Shared {
    /// RFC 6749 section 5.1, as fosite writes it: `expires_in` is a second less than the lifetime.
    fn issue(&self, granted: Granted) -> Result<Response, GrantError> {
        let lifetime = Duration::from_millis(self.lifetime_milliseconds.load(Ordering::Relaxed));
        let Granted { caller, refresh_token } = granted;
        let sign =
            |kind, lifetime| self.tokens.sign(kind, caller.clone(), lifetime).map_err(|_| GrantError::ServerError);
        let mut response = serde_json::json!({
            "access_token": sign(TokenKind::Access, lifetime)?,
            "expires_in": lifetime.as_secs().saturating_sub(1),
            "scope": caller.scopes.join(" "),
            "token_type": "bearer",
        });
        if refresh_token {
            response["refresh_token"] = sign(TokenKind::Refresh, self.refresh_token_lifetime)?.into();
        }
        let headers = [(header::CONTENT_TYPE, "application/json;charset=UTF-8"), (header::CACHE_CONTROL, "no-store")];
        Ok((headers, Json(response).into_response().into_body()).into_response())
    }
}

//! Everything that calls, servers and disturbances share.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use auth_runtime::{Authenticator, flow::ClientCredentials, limits::Limits};
use tests::calls::calls_client::AuthenticatedCallsClient;
use tokio::sync::RwLock;
use tonic::transport::Endpoint;

use super::{
    caller::Line,
    guard::Guard,
    ledger::Ledger,
    logins::{Logins, WatchedLogin},
    outages::Outages,
    provider::{CLIENT_ID, CLIENT_SECRET, Provider},
    server::Server,
    tally::Tally,
    tokens::Tokens,
    violations::Violations,
};

/// Shorter than by default, so that a provider which hangs is given up within its outage.
const HTTP_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) struct World {
    pub(crate) seed: u64,
    /// Held for reading by each call and each disturbance while it lasts, and for writing to have neither.
    pub(crate) stage: RwLock<()>,
    pub(crate) server: Server,
    pub(crate) guard: Arc<Guard>,
    pub(crate) provider: Provider,
    pub(crate) authenticator: Authenticator,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) logins: Arc<Logins>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) outages: Outages,
    pub(crate) tally: Tally,
    pub(crate) disturbances: Mutex<BTreeMap<String, u64>>,
    pub(crate) violations: Arc<Violations>,
}

impl World {
    pub(crate) fn new(seed: u64, callers: usize) -> Self {
        let (tokens, violations) = (Arc::new(Tokens::default()), Arc::new(Violations::default()));
        let ledger = Arc::new(Ledger::new(callers));
        let guard = Arc::new(Guard { tokens: tokens.clone(), ledger: ledger.clone(), rejections: AtomicU64::new(0) });
        let server = Server::start(guard.clone(), violations.clone());
        let provider = Provider::start(tokens.clone());
        let logins = Arc::new(Logins::new(tokens.clone()));
        let inner = ClientCredentials::new(CLIENT_ID, CLIENT_SECRET).token_url(provider.token_url());
        let limits = Limits::new().with_http_attempt_timeout(HTTP_ATTEMPT_TIMEOUT);
        let authenticator = Authenticator::builder(server.endpoint())
            .flow(WatchedLogin { inner, logins: logins.clone() })
            .limits(limits)
            .build()
            .unwrap();
        Self {
            seed,
            stage: RwLock::default(),
            server,
            guard,
            provider,
            outages: Outages::of(authenticator.clone(), logins.clone()),
            authenticator,
            ledger,
            logins,
            tokens,
            tally: Tally::default(),
            disturbances: Mutex::default(),
            violations,
        }
    }

    /// A channel of its own, with the session of all.
    pub(crate) fn line(&self) -> Arc<Line> {
        let channel = Endpoint::from_shared(self.server.endpoint()).unwrap().connect_lazy();
        Arc::new(Line::new(AuthenticatedCallsClient::new(self.authenticator.over(channel))))
    }

    pub(crate) fn disturbed(&self, by: String) {
        *self.disturbances.lock().unwrap().entry(by).or_default() += 1;
    }
}

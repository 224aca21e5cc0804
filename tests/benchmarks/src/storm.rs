//! Many calls whose token was revoked, all at once.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use auth_runtime::{AuthError, Authenticator, Credentials, Flow, FlowContext};
use http::{Request, Response, header};
use tokio::{sync::Barrier, task::JoinSet};
use tonic::body::Body;
use tower_service::Service;

use crate::{
    calls::Calls,
    canned::{Answer, Canned, CannedBody},
    credentials,
    load::Payload,
};

/// How many calls there are.
pub const CALLS: usize = 10_000;

/// The token that the server no longer takes.
pub fn revoked() -> &'static str {
    static REVOKED: LazyLock<String> = LazyLock::new(|| credentials::token().replace('a', "r"));
    &REVOKED
}

/// Lets nobody know of a rejection before all calls have come: a session that knows sends the revoked token no more.
#[derive(Debug)]
pub struct Door {
    all_came: Barrier,
    rejected: AtomicUsize,
    /// How long the provider takes: until the client has read all rejections.
    latency: Duration,
    refreshed: Mutex<Option<Instant>>,
}

impl Door {
    /// For all calls of one storm.
    pub fn new(latency: Duration) -> Arc<Self> {
        Arc::new(Self {
            all_came: Barrier::new(CALLS),
            rejected: AtomicUsize::new(0),
            latency,
            refreshed: Mutex::new(None),
        })
    }

    /// Whether the header carries the revoked token. If so, it has waited for all the others.
    pub async fn rejects(&self, header: Option<&[u8]>) -> bool {
        let revoked = header.is_some_and(|value| value.ends_with(revoked().as_bytes()));
        if revoked {
            self.rejected.fetch_add(1, Ordering::Relaxed);
            self.all_came.wait().await;
        }
        revoked
    }

    /// How many calls were rejected.
    pub fn rejections(&self) -> usize {
        self.rejected.load(Ordering::Relaxed)
    }

    /// How long ago the new token was there.
    pub fn since_refreshed(&self) -> Duration {
        self.refreshed.lock().unwrap().unwrap().elapsed()
    }
}

struct Refreshing(Arc<Door>);

impl Flow for Refreshing {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        tokio::time::sleep(self.0.latency).await;
        *self.0.refreshed.lock().unwrap() = Some(Instant::now());
        Ok(Credentials::new(credentials::token()))
    }
}

/// An authenticator that holds the revoked token, and gets a good one.
pub fn authenticator(endpoint: &str, door: &Arc<Door>) -> Authenticator {
    Authenticator::builder(endpoint)
        .credentials(Credentials::new(revoked()))
        .flow(Refreshing(Arc::clone(door)))
        .build()
        .unwrap()
}

/// Makes all calls at once, each on a task of its own, and waits for the last answer.
pub async fn call_all<C: Calls>(client: &C, payload: &Payload) {
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        let (mut client, payload) = (client.clone(), payload.clone());
        calls.spawn(async move { client.echo(payload).await.map(drop) });
    }
    while let Some(answer) = calls.join_next().await {
        answer.unwrap().unwrap();
    }
}

/// A transport without a network that turns the revoked token away.
#[derive(Debug, Clone)]
pub struct Guarded {
    canned: Canned,
    door: Arc<Door>,
}

impl Guarded {
    /// Answers with a message of so many bytes.
    pub fn new(bytes: usize, door: &Arc<Door>) -> Self {
        Self { canned: Canned::new(bytes, 1), door: Arc::clone(door) }
    }
}

impl Service<Request<Body>> for Guarded {
    type Response = Response<CannedBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<CannedBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Self { mut canned, door } = self.clone();
        Box::pin(async move {
            let token = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes());
            if door.rejects(token).await {
                return Answer::unauthenticated(request).await;
            }
            canned.call(request).await
        })
    }
}

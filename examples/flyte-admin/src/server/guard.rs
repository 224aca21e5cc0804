//! Who may call: looked at once for each call, before any service sees it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tonic::server::NamedService;

use super::{
    auth_metadata::AuthMetadata,
    presented_token::presented_token,
    rejection::{Rejection, WireShape},
};
use crate::{
    proto::service::auth_metadata_service_server::AuthMetadataServiceServer,
    token_endpoint::{Caller, Tokens},
};

/// Flyteadmin's streaming chain has no authentication in it.
const STREAMING_METHODS: [&str; 2] =
    ["/flyteidl.service.AsyncAgentService/GetTaskLogs", "/flyteidl.service.SyncAgentService/ExecuteTaskSync"];

/// The guard's rules and what it has seen.
pub(super) struct Guard {
    tokens: Arc<Tokens>,
    guards_streams: bool,
    rejects_late: AtomicBool,
    rejections: AtomicU64,
}

impl Guard {
    pub(super) fn new(tokens: Arc<Tokens>, guards_streams: bool) -> Self {
        Self { tokens, guards_streams, rejects_late: AtomicBool::new(false), rejections: AtomicU64::new(0) }
    }

    pub(super) fn set_shape(&self, shape: WireShape) {
        self.rejects_late.store(shape == WireShape::HeadersThenTrailers, Ordering::Relaxed);
    }

    pub(super) fn rejections(&self) -> u64 {
        self.rejections.load(Ordering::Relaxed)
    }

    fn shape(&self) -> WireShape {
        if self.rejects_late.load(Ordering::Relaxed) { WireShape::HeadersThenTrailers } else { WireShape::TrailersOnly }
    }

    fn is_open(&self, path: &str) -> bool {
        let service = path.trim_start_matches('/').split('/').next();
        service == Some(AuthMetadataServiceServer::<AuthMetadata>::NAME)
            || (!self.guards_streams && STREAMING_METHODS.contains(&path))
    }

    fn identify(&self, request: &Request) -> Result<Caller, Rejection> {
        let token = presented_token(request.headers())?;
        let caller = self.tokens.check(token).map_err(Rejection::Invalid)?;
        if !caller.scopes.iter().any(|scope| scope == "all") {
            return Err(Rejection::MissingScope);
        }
        Ok(caller)
    }
}

/// Lets a call pass with the authority that it asked for and its [`Caller`] in the extensions, or turns it away.
pub(super) async fn guard(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    if let Some(authority) = request.uri().authority().cloned() {
        request.extensions_mut().insert(authority);
    }
    if guard.is_open(request.uri().path()) {
        return next.run(request).await;
    }
    match guard.identify(&request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(rejection) => {
            guard.rejections.fetch_add(1, Ordering::Relaxed);
            rejection.into_response(guard.shape())
        }
    }
}

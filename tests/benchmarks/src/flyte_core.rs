//! What `flyte_core` 0.1.0 does to each call, written anew: that crate is on tonic 0.12.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use futures_util::future::poll_fn;
use http::{HeaderValue, Request, Response, header};
use tokio::sync::RwLock;
use tonic::body::Body;
use tower_service::Service;

/// Copies its credentials for each call, and what the server said about its header, which it then does not use.
#[derive(Debug, Clone)]
pub struct FlyteCore<S> {
    inner: S,
    credentials: Arc<RwLock<Credentials>>,
    header_key: Arc<RwLock<String>>,
}

#[derive(Debug, Clone)]
struct Credentials {
    access_token: String,
    expires_at: SystemTime,
}

impl<S> FlyteCore<S> {
    /// Over any transport, with a token that is good for an hour.
    pub fn new(inner: S, access_token: String) -> Self {
        let expires_at = SystemTime::now() + Duration::from_secs(3600);
        let credentials = Arc::new(RwLock::new(Credentials { access_token, expires_at }));
        Self { inner, credentials, header_key: Arc::new(RwLock::new("flyte-authorization".to_owned())) }
    }
}

impl<S, B> Service<Request<Body>> for FlyteCore<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Self { mut inner, credentials, header_key } = self.clone();
        Box::pin(async move {
            let credentials = credentials.read().await.clone();
            let _header_key = header_key.read().await.clone();
            if credentials.expires_at > SystemTime::now()
                && let Ok(value) = format!("Bearer {}", credentials.access_token).parse::<HeaderValue>()
            {
                request.headers_mut().insert(header::AUTHORIZATION, value);
            }
            poll_fn(|cx| inner.poll_ready(cx)).await?;
            inner.call(request).await
        })
    }
}

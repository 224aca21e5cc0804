//! The layer that most teams write for themselves: a lock, a format, a box.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderValue, Request, Response};
use tokio::sync::RwLock;
use tonic::body::Body;
use tower_service::Service;

/// Attaches a token to each request.
#[derive(Clone)]
pub struct HandWritten<S> {
    inner: S,
    token: Arc<RwLock<String>>,
}

impl<S> HandWritten<S> {
    /// Over any transport.
    pub fn new(inner: S, token: String) -> Self {
        Self { inner, token: Arc::new(RwLock::new(token)) }
    }
}

impl<S, B> Service<Request<Body>> for HandWritten<S>
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
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let token = Arc::clone(&self.token);
        Box::pin(async move {
            let token = token.read().await;
            let value = HeaderValue::try_from(format!("Bearer {token}")).expect("a token is a header value");
            drop(token);
            request.headers_mut().insert("authorization", value);
            inner.call(request).await
        })
    }
}

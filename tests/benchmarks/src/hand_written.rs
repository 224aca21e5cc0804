//! The layer that most teams write for themselves: a lock, a format, a box.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderName, HeaderValue, Request, Response};
use tokio::sync::RwLock;
use tonic::body::Body;
use tower_service::Service;

/// Attaches a token to each request.
#[derive(Debug, Clone)]
pub struct HandWritten<S> {
    inner: S,
    key: HeaderName,
    token: Arc<RwLock<String>>,
    marked: bool,
}

impl<S> HandWritten<S> {
    /// Over any transport. `marked` says whether the header's value is marked sensitive, which most forget.
    pub fn new(inner: S, key: HeaderName, token: String, marked: bool) -> Self {
        Self { inner, key, token: Arc::new(RwLock::new(token)), marked }
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
        let (key, token, marked) = (self.key.clone(), Arc::clone(&self.token), self.marked);
        Box::pin(async move {
            let token = token.read().await;
            let mut value = HeaderValue::try_from(format!("Bearer {token}")).expect("a token is a header value");
            drop(token);
            value.set_sensitive(marked);
            request.headers_mut().insert(key, value);
            inner.call(request).await
        })
    }
}

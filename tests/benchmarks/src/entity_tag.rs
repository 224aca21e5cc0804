//! Credentials as google-cloud-auth hands them out, and a client that uses them as Google's own gRPC clients do.
//!
//! A background task keeps the token in a watch channel, together with a tag that changes with it. Who asks for headers
//! may bring the tag of those that it has, and then learns that they are still good. Google's own gRPC clients bring
//! none, and have their headers made for each call.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::Stream;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use http_body::Body as HttpBody;
use tokio::{sync::watch, time::Instant};
use tonic::{
    IntoRequest, Request, Response, Status, Streaming, body::Body, client::GrpcService, codegen::StdError,
    metadata::MetadataMap,
};

use crate::{
    calls::Calls,
    credentials,
    load::{Payload, load_client::LoadClient},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EntityTag(u64);

impl EntityTag {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

enum Cacheable {
    NotModified,
    New(EntityTag, HeaderMap),
}

#[derive(Debug, Clone)]
struct Token {
    token: String,
    token_type: String,
    expires_at: Instant,
}

/// Whoever gives credentials, behind a pointer as in Google's library.
trait Credentials: Send + Sync {
    fn headers(&self, extensions: Extensions) -> Pin<Box<dyn Future<Output = Cacheable> + Send + '_>>;
}

struct TokenCache {
    key: HeaderName,
    latest: watch::Receiver<(Token, EntityTag)>,
}

impl TokenCache {
    fn new(key: HeaderName) -> Self {
        let expires_at = Instant::now() + Duration::from_secs(3600);
        let token = Token { token: credentials::token(), token_type: "Bearer".to_owned(), expires_at };
        // Nobody refreshes it while a benchmark runs.
        Self { key, latest: watch::channel((token, EntityTag::new())).1 }
    }

    async fn latest(&self) -> (Token, EntityTag) {
        let mut latest = self.latest.clone();
        loop {
            let (token, tag) = latest.borrow_and_update().clone();
            if token.expires_at > Instant::now() {
                return (token, tag);
            }
            latest.changed().await.unwrap();
        }
    }
}

impl Credentials for TokenCache {
    fn headers(&self, extensions: Extensions) -> Pin<Box<dyn Future<Output = Cacheable> + Send + '_>> {
        Box::pin(async move {
            let (token, tag) = self.latest().await;
            if extensions.get() == Some(&tag) {
                return Cacheable::NotModified;
            }
            let mut value = HeaderValue::try_from(format!("{} {}", token.token_type, token.token)).unwrap();
            value.set_sensitive(true);
            Cacheable::New(tag, HeaderMap::from_iter([(self.key.clone(), value)]))
        })
    }
}

/// What a client keeps of the headers that it was given last.
type Kept = Arc<Mutex<Option<(EntityTag, HeaderMap)>>>;

/// Asks for headers, and puts them on each request.
#[derive(Clone)]
pub struct WithHeaders<T> {
    client: LoadClient<T>,
    credentials: Arc<dyn Credentials>,
    /// None where headers are made for each call.
    kept: Option<Kept>,
}

impl<T> WithHeaders<T> {
    /// `by_tag` says whether headers are kept.
    pub fn new(client: LoadClient<T>, key: HeaderName, by_tag: bool) -> Self {
        Self { client, credentials: Arc::new(TokenCache::new(key)), kept: by_tag.then(Kept::default) }
    }

    async fn headers(&self) -> HeaderMap {
        let mut extensions = Extensions::new();
        let known = self.kept.as_ref().and_then(|kept| kept.lock().unwrap().clone());
        if let Some((tag, _)) = &known {
            extensions.insert(*tag);
        }
        match (self.credentials.headers(extensions).await, known) {
            (Cacheable::NotModified, Some((_, headers))) => headers,
            (Cacheable::NotModified, None) => HeaderMap::new(),
            (Cacheable::New(tag, headers), _) => {
                if let Some(kept) = &self.kept {
                    *kept.lock().unwrap() = Some((tag, headers.clone()));
                }
                headers
            }
        }
    }

    async fn dress<M>(&self, request: Request<M>) -> Request<M> {
        let (metadata, extensions, message) = request.into_parts();
        let mut headers = metadata.into_headers();
        headers.extend(self.headers().await);
        Request::from_parts(MetadataMap::from_headers(headers), extensions, message)
    }
}

impl<T> std::fmt::Debug for WithHeaders<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WithHeaders").finish_non_exhaustive()
    }
}

impl<T> Calls for WithHeaders<T>
where
    T: GrpcService<Body, Error: Into<StdError>, Future: Send> + Clone + Send + Sync + 'static,
    T::ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    async fn echo(&mut self, request: impl IntoRequest<Payload> + Send) -> Result<Response<Payload>, Status> {
        let request = self.dress(request.into_request()).await;
        self.client.echo(request).await
    }

    async fn download(&mut self, payload: Payload) -> Result<Response<Streaming<Payload>>, Status> {
        let request = self.dress(Request::new(payload)).await;
        self.client.download(request).await
    }

    async fn upload(
        &mut self,
        payloads: impl Stream<Item = Payload> + Send + 'static,
    ) -> Result<Response<Payload>, Status> {
        let request = self.dress(Request::new(payloads)).await;
        self.client.upload(request).await
    }

    async fn exchange(
        &mut self,
        payloads: impl Stream<Item = Payload> + Send + 'static,
    ) -> Result<Response<Streaming<Payload>>, Status> {
        let request = self.dress(Request::new(payloads)).await;
        self.client.exchange(request).await
    }
}

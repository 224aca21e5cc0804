use std::{
    error::Error,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use tokio::sync::Mutex;
use tonic::{body::Body, transport::Channel};
use tower::{Layer, Service, ServiceBuilder};

use crate::{
    helloworld::{HelloRequest, greeter_client::GreeterClient},
    login::fetch_token,
};

type BoxError = Box<dyn Error + Send + Sync>;

/// Logs in when there is no token, and forgets a token that the server rejects.
#[derive(Clone)]
struct BearerLayer {
    endpoint: String,
    token: Arc<Mutex<Option<HeaderValue>>>,
}

impl<S> Layer<S> for BearerLayer {
    type Service = Bearer<S>;

    fn layer(&self, inner: S) -> Bearer<S> {
        Bearer { inner, layer: self.clone() }
    }
}

#[derive(Clone)]
struct Bearer<S> {
    inner: S,
    layer: BearerLayer,
}

impl<S> Service<Request<Body>> for Bearer<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let rest = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, rest);
        let BearerLayer { endpoint, token } = self.layer.clone();
        Box::pin(async move {
            let value = {
                let mut token = token.lock().await;
                match &*token {
                    Some(value) => value.clone(),
                    None => token.insert(fetch_token(&endpoint).await?.bearer.parse()?).clone(),
                }
            };
            request.headers_mut().insert(AUTHORIZATION, value);
            let response = ready.call(request).await.map_err(Into::into)?;
            if response.headers().get("grpc-status").is_some_and(|status| status == "16") {
                *token.lock().await = None;
            }
            Ok(response)
        })
    }
}

pub async fn greet(endpoint: &str, names: &[&str]) -> Result<Vec<String>, BoxError> {
    let layer = BearerLayer { endpoint: endpoint.to_owned(), token: Arc::default() };
    let channel = Channel::from_shared(endpoint.to_owned())?.connect().await?;
    let mut greeter = GreeterClient::new(ServiceBuilder::new().layer(layer).service(channel));

    let mut replies = Vec::new();
    for name in names {
        let reply = greeter.say_hello(HelloRequest { name: name.to_string() }).await?;
        replies.push(reply.into_inner().message);
    }
    Ok(replies)
}

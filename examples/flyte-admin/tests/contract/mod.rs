//! What a real flyteadmin 1.16 and its provider (fosite 0.42) were seen to do: a row for each observation. The stand-in is
//! held to it, so that what works against the stand-in works there.

mod calls;
mod discovery;
mod provider;

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use flyte_admin::server::FlyteServer;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tonic::transport::Channel;

async fn channel(server: &FlyteServer) -> Channel {
    Channel::from_shared(server.endpoint()).unwrap().connect().await.unwrap()
}

async fn get(url: &str, accept: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::get(url);
    if let Some(accept) = accept {
        request = request.header(header::ACCEPT, accept);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    (parts.status, parts.headers, axum::body::to_bytes(Body::new(body), usize::MAX).await.unwrap().to_vec())
}

//! OpenTelemetry's exporter over an authenticated channel: a token that expires loses no span.
//!
//! The exporter takes a `Channel` of tonic's and an interceptor that cannot wait for a login, nor send a call again. So
//! it gets a channel that leads, in memory, to the authenticated one.

use std::{
    error::Error,
    future::ready,
    io,
    sync::{Arc, Mutex},
};

use auth_runtime::{AuthenticatedChannel, Authenticator, testing::ScriptedLogin};
use hyper::{body::Incoming, server::conn::http2};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry_otlp::{SpanExporter, WithTonicConfig as _};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::{io::duplex, task::spawn_blocking};
use tonic::{
    Status,
    body::Body,
    codegen::{
        StdError,
        http::{Request, Response},
    },
    transport::{Channel, Endpoint, Uri},
};
use tower::{ServiceBuilder, service_fn};

mod collector;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let received = Arc::new(Mutex::new(Vec::new()));
    let login = ScriptedLogin::new(); // in a program of yours, `ClientCredentials` or another flow
    let endpoint = collector::start(login.clone(), Arc::clone(&received)).await?;
    let authenticator = Authenticator::builder(endpoint).flow(login).build()?;

    let channel = tonic_channel(authenticator.connect().await?).await?;
    let exporter = SpanExporter::builder().with_tonic().with_channel(channel).build()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();

    let tracer = provider.tracer("recipe");
    for day in ["monday", "tuesday"] {
        // The collector takes one export with each token, so the second one is rejected at first.
        tracer.start(day);
        let provider = provider.clone();
        spawn_blocking(move || provider.force_flush()).await??;
    }
    let received = received.lock().map_err(|_| "the collector panicked")?;
    println!("{received:?}, {:?}", authenticator.statistics());
    if *received == ["monday", "tuesday"] { Ok(()) } else { Err("a span is lost".into()) }
}

/// A channel of tonic's own, for those who take no other.
async fn tonic_channel(channel: AuthenticatedChannel) -> Result<Channel, Box<dyn Error>> {
    let origin: Uri = channel.authenticator().endpoint().parse()?;
    let service = ServiceBuilder::new()
        .map_request(|request: Request<Incoming>| request.map(Body::new))
        .map_result(|result: Result<Response<_>, _>| match result {
            Ok(response) => Ok::<_, StdError>(response.map(Body::new)),
            Err(error) => Ok(Status::from_error(error).into_http()),
        })
        .service(channel);
    let connector = service_fn(move |_: Uri| {
        let (here, there) = duplex(64 * 1024);
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(there), service));
        ready(Ok::<_, io::Error>(TokioIo::new(here)))
    });
    Ok(Endpoint::from_static("http://localhost").origin(origin).connect_with_connector(connector).await?)
}

//! `flyte_core`'s layer, or the client of its tonic without any, for `tests/benchmarks/beside/run`.
//!
//! ```sh
//! beside-flyte-core plain|layer ADDRESS TOKEN
//! ```
//!
//! Says `ready`, and answers `CALLERS CALLS` with nanoseconds on the clock and of the processor.

mod provider;

use std::{io::BufRead as _, sync::Arc, time::Instant};

use flyte_controller_base::auth::{AuthConfig, AuthLayer, ClientCredentialsAuthenticator};
use rustix::time::{ClockId, clock_gettime};
use tokio::{runtime::Runtime, task::JoinSet};
use tonic::{
    Request,
    body::BoxBody,
    client::{Grpc, GrpcService},
    codec::ProstCodec,
    codegen::http::uri::PathAndQuery,
    transport::Endpoint,
};
use tower::ServiceBuilder;

/// As `load.v1.Payload`.
#[derive(Clone, PartialEq, prost::Message)]
struct Payload {
    #[prost(bytes = "bytes", tag = "1")]
    data: prost::bytes::Bytes,
    #[prost(uint64, tag = "2")]
    count: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [variant, address, token] = &*arguments else { panic!("usage: beside-flyte-core plain|layer ADDRESS TOKEN") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (endpoint, _entered) = (format!("http://{address}"), runtime.enter());
    let channel = runtime.block_on(Endpoint::from_shared(endpoint.clone()).unwrap().connect()).unwrap();
    match &**variant {
        "plain" => measure(&runtime, channel),
        "layer" => {
            let metadata = runtime.block_on(provider::start(token.clone()));
            let config = AuthConfig { endpoint, client_id: "client".to_owned(), client_secret: "secret".to_owned() };
            let layer = AuthLayer::new(Arc::new(ClientCredentialsAuthenticator::new(config)), metadata);
            measure(&runtime, ServiceBuilder::new().layer(layer).service(channel));
        }
        _ => panic!("there is no variant {variant}"),
    }
}

fn measure<S>(runtime: &Runtime, service: S)
where
    S: GrpcService<BoxBody, ResponseBody = BoxBody, Future: Send> + Clone + Send + 'static,
    S::Error: std::fmt::Debug,
{
    // The login is not what is measured.
    runtime.block_on(call(service.clone(), 1));
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (callers, calls) = line.split_once(' ').unwrap();
        let (callers, calls): (usize, usize) = (callers.parse().unwrap(), calls.parse().unwrap());
        let (begun, processor) = (Instant::now(), processor_nanoseconds());
        runtime.block_on(async {
            let mut all = JoinSet::new();
            for _ in 0..callers {
                all.spawn(call(service.clone(), calls / callers));
            }
            all.join_all().await;
        });
        println!("{} {}", begun.elapsed().as_nanos(), processor_nanoseconds() - processor);
    }
}

/// What the methods of a generated client do.
async fn call<S>(service: S, calls: usize)
where
    S: GrpcService<BoxBody, ResponseBody = BoxBody>,
    S::Error: std::fmt::Debug,
{
    let mut client = Grpc::new(service);
    let payload = Payload { data: vec![b'x'; 64].into(), count: 1 };
    for _ in 0..calls {
        client.ready().await.unwrap();
        let path = PathAndQuery::from_static("/load.v1.Load/Echo");
        let codec = ProstCodec::<Payload, Payload>::default();
        client.unary(Request::new(payload.clone()), path, codec).await.unwrap();
    }
}

fn processor_nanoseconds() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

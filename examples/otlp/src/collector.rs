//! The collector of the example.

use std::{
    error::Error,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, async_trait, transport::Server};

/// Takes one export with each password, and keeps the names of its spans.
struct Collector(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut received = self.0.lock().map_err(|_| Status::internal("poisoned"))?;
        let wanted = if received.is_empty() { "Bearer monday" } else { "Bearer tuesday" };
        if request.metadata().get("authorization").is_none_or(|value| value != wanted) {
            return Err(Status::unauthenticated("that is not today's password"));
        }
        let resources = request.into_inner().resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        received.extend(scopes.flat_map(|scope| scope.spans).map(|span| span.name));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

pub(crate) async fn start(received: Arc<Mutex<Vec<String>>>) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let service = TraceServiceServer::new(Collector(received));
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));
    Ok(endpoint)
}

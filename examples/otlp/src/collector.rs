//! The collector of the example.

use std::{
    error::Error,
    sync::{Arc, Mutex},
};

use auth_runtime::testing::ScriptedLogin;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, async_trait, transport::Server};

/// Takes one export with each token, and keeps the names of its spans.
struct Collector {
    login: ScriptedLogin,
    received: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.login.check(request.metadata())?;
        self.login.revoke_all();
        let resources = request.into_inner().resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        let mut received = self.received.lock().map_err(|_| Status::internal("poisoned"))?;
        received.extend(scopes.flat_map(|scope| scope.spans).map(|span| span.name));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

pub(crate) async fn start(login: ScriptedLogin, received: Arc<Mutex<Vec<String>>>) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let service = TraceServiceServer::new(Collector { login, received });
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)));
    Ok(endpoint)
}

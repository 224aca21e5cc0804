//! A server behind loopback, on a thread of its own.

use std::{net::SocketAddr, pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt as _, stream};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, Streaming, metadata::MetadataValue, transport::Server};

use crate::{
    load::{
        Payload,
        load_server::{Load, LoadServer},
    },
    storm::Door,
};

/// Messages may be this large, in both directions: bytes.
pub const LARGEST: usize = 16 << 20;

/// More than any benchmark has calls at once.
const CONCURRENT_STREAMS: u32 = 20_000;

/// Starts the server. It runs until the process ends.
pub fn start() -> SocketAddr {
    start_with(None)
}

/// Starts a server that turns the revoked token away.
pub fn start_guarded(door: &Arc<Door>) -> SocketAddr {
    start_with(Some(Arc::clone(door)))
}

fn start_with(door: Option<Arc<Door>>) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            // Nagle's algorithm would hide everything else from 32 KiB upwards.
            let incoming = TcpListenerStream::new(listener).map(|stream| {
                let stream = stream?;
                stream.set_nodelay(true)?;
                Ok::<_, std::io::Error>(stream)
            });
            let service =
                LoadServer::new(Echoing { door }).max_decoding_message_size(LARGEST).max_encoding_message_size(LARGEST);
            Server::builder()
                .max_concurrent_streams(CONCURRENT_STREAMS)
                .add_service(service)
                .serve_with_incoming(incoming)
                .await
                .unwrap();
        });
    });
    address
}

struct Echoing {
    door: Option<Arc<Door>>,
}

type Payloads = Pin<Box<dyn Stream<Item = Result<Payload, Status>> + Send>>;

#[tonic::async_trait]
impl Load for Echoing {
    async fn echo(&self, request: Request<Payload>) -> Result<Response<Payload>, Status> {
        let token = request.metadata().get("authorization").map(MetadataValue::as_encoded_bytes);
        if let Some(door) = &self.door
            && door.rejects(token).await
        {
            return Err(Status::unauthenticated("the token was revoked"));
        }
        Ok(Response::new(request.into_inner()))
    }

    type DownloadStream = Payloads;

    async fn download(&self, request: Request<Payload>) -> Result<Response<Payloads>, Status> {
        let request = request.into_inner();
        let messages = (0..request.count).map(move |count| Ok(Payload { data: request.data.clone(), count }));
        Ok(Response::new(Box::pin(stream::iter(messages))))
    }

    async fn upload(&self, request: Request<Streaming<Payload>>) -> Result<Response<Payload>, Status> {
        let mut messages = request.into_inner();
        let mut count = 0;
        while messages.message().await?.is_some() {
            count += 1;
        }
        Ok(Response::new(Payload { data: bytes::Bytes::new(), count }))
    }

    type ExchangeStream = Payloads;

    async fn exchange(&self, request: Request<Streaming<Payload>>) -> Result<Response<Payloads>, Status> {
        Ok(Response::new(Box::pin(request.into_inner())))
    }
}

//! Calls of any kind, written down in one way, so that a behaviour can be asserted for each kind.

use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use tokio::task::JoinHandle;
use tonic::{Code, Request, Response, Status, Streaming, metadata::MetadataMap, transport::Channel};

use crate::{
    calls::{
        Message,
        calls_client::{AuthenticatedCallsClient, CallsClient},
    },
    canary,
};

/// The four kinds of gRPC method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One message, one answer.
    Unary,
    /// One message, many answers.
    ServerStreaming,
    /// Many messages, one answer.
    ClientStreaming,
    /// Many messages, many answers.
    BidiStreaming,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Unary, Self::ServerStreaming, Self::ClientStreaming, Self::BidiStreaming];
    /// Those whose answer is one message: they are answered as a whole.
    pub const WITH_ONE_ANSWER: [Self; 2] = [Self::Unary, Self::ClientStreaming];
    /// Those whose answer is a stream, which the caller gets before its first message.
    pub const WITH_STREAMED_ANSWER: [Self; 2] = [Self::ServerStreaming, Self::BidiStreaming];

    /// The path of the method of this kind.
    pub fn path(self) -> &'static str {
        match self {
            Self::Unary => "/tests.v1.Calls/Unary",
            Self::ServerStreaming => "/tests.v1.Calls/ServerStreaming",
            Self::ClientStreaming => "/tests.v1.Calls/ClientStreaming",
            Self::BidiStreaming => "/tests.v1.Calls/BidiStreaming",
        }
    }
}

/// A client of the service `tests.v1.Calls`: the generated authenticated client, or tonic's own over a layer.
pub trait Calls: Clone + Send + Sync + 'static {
    /// Calls the unary method.
    fn unary(&self, request: Request<Message>) -> impl Future<Output = Result<Response<Message>, Status>> + Send;

    /// Calls the server streaming method.
    fn server_streaming(
        &self,
        request: Request<Message>,
    ) -> impl Future<Output = Result<Response<Streaming<Message>>, Status>> + Send;

    /// Calls the client streaming method.
    fn client_streaming<S: Stream<Item = Message> + Send + 'static>(
        &self,
        request: Request<S>,
    ) -> impl Future<Output = Result<Response<Message>, Status>> + Send;

    /// Calls the bidirectional streaming method.
    fn bidi_streaming<S: Stream<Item = Message> + Send + 'static>(
        &self,
        request: Request<S>,
    ) -> impl Future<Output = Result<Response<Streaming<Message>>, Status>> + Send;
}

impl<T: auth_runtime::Transport + Sync> Calls for AuthenticatedCallsClient<T> {
    async fn unary(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        self.unary(request).await
    }

    async fn server_streaming(&self, request: Request<Message>) -> Result<Response<Streaming<Message>>, Status> {
        self.server_streaming(request).await
    }

    async fn client_streaming<S: Stream<Item = Message> + Send + 'static>(
        &self,
        request: Request<S>,
    ) -> Result<Response<Message>, Status> {
        self.client_streaming(request).await
    }

    async fn bidi_streaming<S: Stream<Item = Message> + Send + 'static>(
        &self,
        request: Request<S>,
    ) -> Result<Response<Streaming<Message>>, Status> {
        self.bidi_streaming(request).await
    }
}

/// tonic's own client: over a layer, or plain to compare with.
macro_rules! plain_client {
    ($transport:ty) => {
        impl Calls for CallsClient<$transport> {
            async fn unary(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
                CallsClient::unary(&mut self.clone(), request).await
            }

            async fn server_streaming(
                &self,
                request: Request<Message>,
            ) -> Result<Response<Streaming<Message>>, Status> {
                CallsClient::server_streaming(&mut self.clone(), request).await
            }

            async fn client_streaming<S: Stream<Item = Message> + Send + 'static>(
                &self,
                request: Request<S>,
            ) -> Result<Response<Message>, Status> {
                CallsClient::client_streaming(&mut self.clone(), request).await
            }

            async fn bidi_streaming<S: Stream<Item = Message> + Send + 'static>(
                &self,
                request: Request<S>,
            ) -> Result<Response<Streaming<Message>>, Status> {
                CallsClient::bidi_streaming(&mut self.clone(), request).await
            }
        }
    };
}

plain_client!(Channel);
plain_client!(auth_runtime::AnonymousChannel<Channel>);
plain_client!(auth_runtime::AuthenticatedChannel<Channel>);
plain_client!(auth_runtime::ProxyAuthService<auth_runtime::AuthenticatedChannel<Channel>>);
plain_client!(auth_runtime::AuthenticatedChannel<crate::transport::LocalTransport>);
plain_client!(crate::transport::LocalTransport);

/// All that a caller sees of a call.
#[derive(Debug)]
pub struct Outcome {
    /// The initial metadata; of a call with one answer, the trailers are merged in, as tonic does.
    pub metadata: Option<MetadataMap>,
    /// The messages of the answer.
    pub messages: Vec<Message>,
    /// The trailers of a stream that ended well.
    pub trailers: Option<MetadataMap>,
    /// The status of a call that did not end well.
    pub status: Option<Status>,
}

impl Outcome {
    /// The code that the call ended with.
    pub fn code(&self) -> Code {
        self.status.as_ref().map_or(Code::Ok, Status::code)
    }

    /// The status of a call that failed.
    ///
    /// # Panics
    ///
    /// If it did not fail.
    pub fn status(&self) -> &Status {
        self.status.as_ref().expect("the call failed")
    }

    /// A value of the initial metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.as_ref()?.get(key)?.to_str().ok()
    }

    /// The numbers of the messages.
    pub fn numbers(&self) -> Vec<u64> {
        self.messages.iter().map(|message| message.number).collect()
    }

    fn observed(self) -> Self {
        canary::observe(&self);
        if let Some(status) = &self.status {
            canary::observe_error(status);
        }
        self
    }

    /// An answer that came as a whole.
    pub fn of_message(result: Result<Response<Message>, Status>) -> Self {
        let (metadata, messages, status) = match result {
            Ok(response) => {
                let (metadata, message, _) = response.into_parts();
                (Some(metadata), vec![message], None)
            }
            Err(status) => (None, Vec::new(), Some(status)),
        };
        Self { metadata, messages, trailers: None, status }.observed()
    }

    /// Reads a streamed answer to its end.
    pub async fn of_stream(result: Result<Response<Streaming<Message>>, Status>) -> Self {
        let mut outcome = Self { metadata: None, messages: Vec::new(), trailers: None, status: None };
        match result {
            Ok(response) => {
                let (metadata, mut stream, _) = response.into_parts();
                outcome.metadata = Some(metadata);
                loop {
                    match stream.message().await {
                        Ok(Some(message)) => outcome.messages.push(message),
                        Ok(None) => break outcome.trailers = stream.trailers().await.unwrap(),
                        Err(status) => break outcome.status = Some(status),
                    }
                }
            }
            Err(status) => outcome.status = Some(status),
        }
        outcome.observed()
    }
}

/// A message with this number.
pub fn numbered(number: u64) -> Message {
    Message { number, ..Message::default() }
}

/// A request with one message, numbered 7, and no time to wait for another login after one that failed.
pub fn hurried() -> Request<Message> {
    let mut request = Request::new(numbered(7));
    request.set_timeout(Duration::from_millis(500));
    request
}

/// Makes a call of any kind with one message, numbered 7, and sees it through.
pub async fn call(client: &impl Calls, kind: Kind) -> Outcome {
    call_with(client, kind, Request::new(numbered(7))).await
}

/// Makes a call of any kind with one message and sees it through.
pub async fn call_with(client: &impl Calls, kind: Kind, request: Request<Message>) -> Outcome {
    let streamed = |request: Request<Message>| request.map(|message| stream::once(async { message }).boxed());
    match kind {
        Kind::Unary => Outcome::of_message(client.unary(request).await),
        Kind::ServerStreaming => Outcome::of_stream(client.server_streaming(request).await).await,
        Kind::ClientStreaming => Outcome::of_message(client.client_streaming(streamed(request)).await),
        Kind::BidiStreaming => Outcome::of_stream(client.bidi_streaming(streamed(request)).await).await,
    }
}

/// Makes a call as [`call`] does, on a task of its own.
pub fn spawn(client: &impl Calls, kind: Kind) -> JoinHandle<Outcome> {
    spawn_with(client, kind, Request::new(numbered(7)))
}

/// Makes a call as [`call_with`] does, on a task of its own.
pub fn spawn_with(client: &impl Calls, kind: Kind, request: Request<Message>) -> JoinHandle<Outcome> {
    let client = client.clone();
    tokio::spawn(async move { call_with(&client, kind, request).await })
}

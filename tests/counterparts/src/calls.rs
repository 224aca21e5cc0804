//! The calls of the test service, made by an annotated client or by plain tonic.

use std::future::Future;

use auth_runtime::Transport;
use futures_util::Stream;
use tonic::{
    Request, Response, Status, Streaming,
    metadata::MetadataValue,
    service::interceptor::InterceptedService,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint},
};

use crate::{
    Counterpart,
    testing::{
        Empty, SimpleRequest, SimpleResponse, StreamingInputCallRequest, StreamingInputCallResponse,
        StreamingOutputCallRequest, StreamingOutputCallResponse,
        test_service_client::{AuthenticatedTestServiceClient, TestServiceClient},
    },
};

type Answer<T> = Result<Response<T>, Status>;

/// The methods of `grpc.testing.TestService`.
#[allow(missing_docs, reason = "they are the service's")]
pub trait Calls: Clone + Send + Sync + 'static {
    fn empty(&self, request: Request<Empty>) -> impl Future<Output = Answer<Empty>> + Send;
    fn unary(&self, request: Request<SimpleRequest>) -> impl Future<Output = Answer<SimpleResponse>> + Send;
    fn unimplemented(&self) -> impl Future<Output = Answer<Empty>> + Send;
    fn output(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> impl Future<Output = Answer<Streaming<StreamingOutputCallResponse>>> + Send;
    fn input<S>(&self, request: Request<S>) -> impl Future<Output = Answer<StreamingInputCallResponse>> + Send
    where
        S: Stream<Item = StreamingInputCallRequest> + Send + 'static;
    fn duplex<S>(
        &self,
        request: Request<S>,
    ) -> impl Future<Output = Answer<Streaming<StreamingOutputCallResponse>>> + Send
    where
        S: Stream<Item = StreamingOutputCallRequest> + Send + 'static;
}

impl<T: Transport + Sync> Calls for AuthenticatedTestServiceClient<T> {
    async fn empty(&self, request: Request<Empty>) -> Answer<Empty> {
        self.empty_call(request).await
    }

    async fn unary(&self, request: Request<SimpleRequest>) -> Answer<SimpleResponse> {
        self.unary_call(request).await
    }

    async fn unimplemented(&self) -> Answer<Empty> {
        self.unimplemented_call(Empty {}).await
    }

    async fn output(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Answer<Streaming<StreamingOutputCallResponse>> {
        self.streaming_output_call(request).await
    }

    async fn input<S>(&self, request: Request<S>) -> Answer<StreamingInputCallResponse>
    where
        S: Stream<Item = StreamingInputCallRequest> + Send + 'static,
    {
        self.streaming_input_call(request).await
    }

    async fn duplex<S>(&self, request: Request<S>) -> Answer<Streaming<StreamingOutputCallResponse>>
    where
        S: Stream<Item = StreamingOutputCallRequest> + Send + 'static,
    {
        self.full_duplex_call(request).await
    }
}

/// tonic's own client, with a token that somebody else got.
#[derive(Clone)]
pub struct Plain(TestServiceClient<InterceptedService<Channel, Token>>);

#[derive(Clone)]
struct Token(Option<MetadataValue<tonic::metadata::Ascii>>);

impl tonic::service::Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

/// Plain tonic's client of a counterpart, with a token of its own if it is to have one.
///
/// # Panics
///
/// If it cannot connect.
pub async fn plain(counterpart: &Counterpart, token: Option<String>) -> Plain {
    let mut endpoint = Endpoint::from_shared(counterpart.endpoint.clone()).expect("a URL");
    if let Some(authority) = &counterpart.authority {
        let authority = Certificate::from_pem(std::fs::read(authority).expect("a file"));
        endpoint = endpoint.tls_config(ClientTlsConfig::new().ca_certificate(authority)).expect("a certificate");
    }
    let channel = endpoint.connect().await.expect("it listens");
    let token = token.map(|token| format!("Bearer {token}").parse().expect("ASCII"));
    Plain(TestServiceClient::with_interceptor(channel, Token(token)))
}

impl Calls for Plain {
    async fn empty(&self, request: Request<Empty>) -> Answer<Empty> {
        self.0.clone().empty_call(request).await
    }

    async fn unary(&self, request: Request<SimpleRequest>) -> Answer<SimpleResponse> {
        self.0.clone().unary_call(request).await
    }

    async fn unimplemented(&self) -> Answer<Empty> {
        self.0.clone().unimplemented_call(Empty {}).await
    }

    async fn output(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Answer<Streaming<StreamingOutputCallResponse>> {
        self.0.clone().streaming_output_call(request).await
    }

    async fn input<S>(&self, request: Request<S>) -> Answer<StreamingInputCallResponse>
    where
        S: Stream<Item = StreamingInputCallRequest> + Send + 'static,
    {
        self.0.clone().streaming_input_call(request).await
    }

    async fn duplex<S>(&self, request: Request<S>) -> Answer<Streaming<StreamingOutputCallResponse>>
    where
        S: Stream<Item = StreamingOutputCallRequest> + Send + 'static,
    {
        self.0.clone().full_duplex_call(request).await
    }
}

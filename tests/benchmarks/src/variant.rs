//! The clients that are measured, side by side.

use std::time::Duration;

use auth_runtime::AuthLayer;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body::Body as HttpBody;
use tonic::{
    Status,
    body::Body,
    client::GrpcService,
    codegen::StdError,
    metadata::{Ascii, MetadataKey, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::Endpoint,
};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::{
    calls::Calls,
    credentials,
    entity_tag::WithHeaders,
    flyte_core::FlyteCore,
    hand_written::HandWritten,
    load::load_client::{AuthenticatedLoadClient, LoadClient},
    server::LARGEST,
    work::Worker,
};

/// How credentials come into a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Not at all: the client that tonic generates.
    Plain,
    /// The same once more. What it differs by is noise.
    PlainAgain,
    /// A fixed header, by tonic's own `Interceptor`.
    Interceptor,
    /// The same without the mark that keeps the token out of logs, and out of HTTP/2's table of known headers.
    Unmarked,
    /// The layer that most teams write.
    HandWritten,
    /// The same, with that mark.
    HandWrittenMarked,
    /// What the crate `flyte_core` does.
    FlyteCore,
    /// Headers of google-cloud-auth, made for each call as Google's own gRPC clients do.
    GoogleCloud,
    /// The same, kept as long as their entity tag holds.
    EntityTag,
    /// Our layer, under the client that tonic generates.
    Layer,
    /// The generated authenticated client.
    Authenticated,
    /// The same over a connection of its own, where HTTP/2 may index the token.
    Indexed,
    /// The same over one that is never asked whether it is still there, as those of the others are not.
    IndexedWithoutPings,
}

impl Variant {
    /// All of them, the baseline first.
    pub const ALL: [Self; 13] = [
        Self::Plain,
        Self::PlainAgain,
        Self::Interceptor,
        Self::Unmarked,
        Self::HandWritten,
        Self::HandWrittenMarked,
        Self::FlyteCore,
        Self::GoogleCloud,
        Self::EntityTag,
        Self::Layer,
        Self::Authenticated,
        Self::Indexed,
        Self::IndexedWithoutPings,
    ];

    /// For tables and command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::PlainAgain => "plain-again",
            Self::Interceptor => "interceptor",
            Self::Unmarked => "unmarked",
            Self::HandWritten => "hand-written",
            Self::HandWrittenMarked => "hand-written-marked",
            Self::FlyteCore => "flyte-core",
            Self::GoogleCloud => "google-cloud",
            Self::EntityTag => "entity-tag",
            Self::Layer => "layer",
            Self::Authenticated => "authenticated",
            Self::Indexed => "authenticated-indexed",
            Self::IndexedWithoutPings => "indexed-without-pings",
        }
    }

    /// A client of this variant.
    pub fn worker<T, B>(self, transport: T, endpoint: &str, key: &'static str) -> Box<dyn Worker>
    where
        T: Carrier<B>,
        B: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + Unpin + 'static,
    {
        struct Boxed;
        impl Visitor for Boxed {
            type Output = Box<dyn Worker>;
            fn visit<C: Calls>(self, client: C) -> Self::Output {
                Box::new(client)
            }
        }
        self.visit(transport, endpoint, key, Boxed)
    }

    /// A client of this variant over a connection of its own.
    pub async fn connected(self, endpoint: &str, key: &'static str) -> Box<dyn Worker> {
        let pings = match self {
            Self::Indexed => Some(None),
            Self::IndexedWithoutPings => Some(Some(Duration::MAX)),
            _ => None,
        };
        if let Some(pings) = pings {
            let channel = credentials::indexing(endpoint, key, pings).connect().await.unwrap();
            return Box::new(AuthenticatedLoadClient::new(channel).max_decoding_message_size(LARGEST));
        }
        let channel = Endpoint::from_shared(endpoint.to_owned()).unwrap().connect().await.unwrap();
        self.worker(channel, endpoint, key)
    }

    /// Hands a client of this variant to the visitor, whose code is compiled for each.
    pub fn visit<T, B, V>(self, transport: T, endpoint: &str, key: &'static str, visitor: V) -> V::Output
    where
        T: Carrier<B>,
        B: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + Unpin + 'static,
        V: Visitor,
    {
        match self {
            Self::Plain | Self::PlainAgain => visitor.visit(limited(LoadClient::new(transport))),
            Self::Interceptor => {
                visitor.visit(limited(LoadClient::new(InterceptedService::new(transport, fixed_header(key, true)))))
            }
            Self::Unmarked => {
                visitor.visit(limited(LoadClient::new(InterceptedService::new(transport, fixed_header(key, false)))))
            }
            Self::HandWritten | Self::HandWrittenMarked => {
                let (key, marked) = (HeaderName::from_static(key), self == Self::HandWrittenMarked);
                visitor.visit(limited(LoadClient::new(HandWritten::new(transport, key, credentials::token(), marked))))
            }
            Self::FlyteCore => visitor.visit(limited(LoadClient::new(FlyteCore::new(transport, credentials::token())))),
            Self::GoogleCloud | Self::EntityTag => {
                let key = HeaderName::from_static(key);
                visitor.visit(WithHeaders::new(limited(LoadClient::new(transport)), key, self == Self::EntityTag))
            }
            Self::Layer => {
                let layer = AuthLayer::new(credentials::authenticator(endpoint, key));
                visitor.visit(limited(LoadClient::new(layer.layer(transport))))
            }
            Self::Authenticated | Self::Indexed | Self::IndexedWithoutPings => {
                let authenticator = credentials::authenticator(endpoint, key);
                visitor.visit(
                    AuthenticatedLoadClient::new(authenticator.over(transport)).max_decoding_message_size(LARGEST),
                )
            }
        }
    }
}

/// What each variant can be built over.
pub trait Carrier<B>:
    Service<Request<Body>, Response = Response<B>, Error: Into<StdError> + Send + Sync, Future: Send + 'static>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T, B> Carrier<B> for T where
    T: Service<Request<Body>, Response = Response<B>, Error: Into<StdError> + Send + Sync, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Code that is generic over the client.
pub trait Visitor {
    /// What it gives.
    type Output;
    /// Runs it.
    fn visit<C: Calls>(self, client: C) -> Self::Output;
}

fn limited<T>(client: LoadClient<T>) -> LoadClient<T>
where
    T: GrpcService<Body, Error: Into<StdError>>,
    T::ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + 'static,
{
    client.max_decoding_message_size(LARGEST)
}

#[derive(Clone)]
struct FixedHeader {
    key: MetadataKey<Ascii>,
    value: MetadataValue<Ascii>,
}

impl Interceptor for FixedHeader {
    fn call(&mut self, mut request: tonic::Request<()>) -> Result<tonic::Request<()>, Status> {
        request.metadata_mut().insert(self.key.clone(), self.value.clone());
        Ok(request)
    }
}

fn fixed_header(key: &'static str, sensitive: bool) -> FixedHeader {
    let value = HeaderValue::try_from(format!("Bearer {}", credentials::token())).unwrap();
    let mut value = MetadataValue::try_from(value.as_bytes()).unwrap();
    value.set_sensitive(sensitive);
    FixedHeader { key: MetadataKey::from_static(key), value }
}

//! Asking a Flyte server how to log in to it.

use std::{error::Error as StdError, fmt, iter, sync::Arc, time::Duration};

use http::uri::PathAndQuery;
use tonic::{Code, Request, Status, client::Grpc, transport::Channel};
use tonic_prost::ProstCodec;

use super::{
    messages::{OAuth2Metadata, PublicClientConfig, details},
    not_grpc::{GrpcOnly, NotGrpc},
};
use crate::{AuthError, Discovery, ServerDetails, Transport, error::code_name, limits, plain_text::plain_text};

const OPERATION: &str = "asking the server how to log in";

/// [`Discovery`] through Flyte's `AuthMetadataService`: endpoints, client id, scopes, audience and header key.
///
/// Works with Flyte 1 (`flyteidl.service`) and Flyte 2 (`flyteidl2.auth`). A server that has neither wants no
/// credentials for the moment ([`ServerDetails::without_authentication`]), and that is no error.
///
/// ```
/// use auth_runtime::{Authenticator, flow::ClientCredentials, flyte::AuthMetadata};
///
/// # #[tokio::main] async fn main() -> Result<(), auth_runtime::AuthError> {
/// // A channel without credentials; certificates and proxy, where there are any, are set here too.
/// let plain = Authenticator::builder("https://flyte.example.com").build()?.connect_lazy()?;
/// let authenticator = Authenticator::builder("https://flyte.example.com")
///     .discovery(AuthMetadata::new(plain)) // asked once, before the first login
///     .flow(ClientCredentials::secret_from_env("my-service", "MY_SERVICE_SECRET"))
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct AuthMetadata<T = Channel> {
    transport: T,
    timeout: Duration,
}

impl<T: Transport + Sync> AuthMetadata<T> {
    /// Asks over this transport, without credentials: the service is public, and asking it with credentials would need
    /// what only it can tell.
    pub fn new(transport: T) -> Self {
        Self { transport, timeout: limits::DISCOVERY_TIMEOUT }
    }

    /// How long it may take, 30 seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn ask_both_versions(&self) -> Result<ServerDetails, AuthError> {
        let first = self
            .ask(
                "/flyteidl.service.AuthMetadataService/GetOAuth2Metadata",
                "/flyteidl.service.AuthMetadataService/GetPublicClientConfig",
            )
            .await?;
        let missing = match first {
            Service::Present(details) => return Ok(*details),
            Service::Missing(missing) => missing,
        };
        let second = self
            .ask(
                "/flyteidl2.auth.AuthMetadataService/GetOAuth2Metadata",
                "/flyteidl2.auth.AuthMetadataService/GetPublicClientConfig",
            )
            .await?;
        match (second, missing) {
            (Service::Present(details), _) => Ok(*details),
            // Nothing that answered was a gRPC server.
            (Service::Missing(Missing::Page(error)), Missing::Page(_)) => Err(error),
            (Service::Missing(_), _) => Ok(ServerDetails::without_authentication()),
        }
    }

    /// One version of the service.
    async fn ask(&self, metadata: &'static str, config: &'static str) -> Result<Service, AuthError> {
        let (metadata, config) = tokio::join!(
            self.call::<OAuth2Metadata>(PathAndQuery::from_static(metadata)),
            self.call::<PublicClientConfig>(PathAndQuery::from_static(config)),
        );
        Ok(match (metadata?, config?) {
            (Err(Missing::Page(error)), Err(Missing::Page(_))) => Service::Missing(Missing::Page(error)),
            (Err(_), Err(_)) => Service::Missing(Missing::Method),
            // A Flyte 2 server without an identity provider of its own has a client's configuration, but no metadata.
            (metadata, config) => Service::Present(Box::new(details(metadata.ok(), config.ok()))),
        })
    }

    async fn call<A>(&self, path: PathAndQuery) -> Result<Result<A, Missing>, AuthError>
    where
        A: prost::Message + Default + 'static,
    {
        let mut client = Grpc::new(GrpcOnly::new(self.transport.clone()));
        client.ready().await.map_err(|error| failure(Status::from_error(error)))?;
        match client.unary(Request::new(()), path, ProstCodec::<(), A>::default()).await {
            Ok(answer) => Ok(Ok(answer.into_inner())),
            Err(status) if status.code() == Code::Unimplemented => Ok(Err(Missing::Method)),
            Err(status) => {
                let not_found = not_grpc(&status).is_some_and(|it| it.not_found);
                let error = failure(status);
                if not_found { Ok(Err(Missing::Page(error))) } else { Err(error) }
            }
        }
    }
}

enum Service {
    Present(Box<ServerDetails>),
    Missing(Missing),
}

enum Missing {
    /// UNIMPLEMENTED, said by a gRPC server.
    Method,
    /// HTTP 404, and the error for the case that no gRPC server is there at all.
    Page(AuthError),
}

fn not_grpc(status: &Status) -> Option<&NotGrpc> {
    status.source()?.downcast_ref()
}

/// A status as a cause: its words alone. tonic shows one as a program sees it.
#[derive(Debug)]
struct Said(Status);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, words) = (code_name(self.0.code()), plain_text(self.0.message()));
        match words.is_empty() {
            true => write!(f, "the server answered {code}"),
            false => write!(f, "the server answered {code}: {words}"),
        }
    }
}

impl StdError for Said {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// What a connection that could not be made says itself: who failed, and whether that passes.
fn connection_failure(status: &Status) -> Option<AuthError> {
    let mut causes = iter::successors(status.source(), |&cause| cause.source());
    causes.find_map(|cause| cause.downcast_ref::<AuthError>().cloned())
}

fn failure(status: Status) -> AuthError {
    if let Some(error) = connection_failure(&status) {
        return error;
    }
    let transient = match not_grpc(&status) {
        Some(answer) => answer.transient,
        None => !matches!(
            status.code(),
            Code::Unauthenticated | Code::PermissionDenied | Code::Internal | Code::OutOfRange | Code::DataLoss
        ),
    };
    if transient {
        return AuthError::unavailable(OPERATION, None, Arc::new(Said(status)));
    }
    let reason = match not_grpc(&status) {
        Some(answer) => answer.to_string(),
        None => Said(status).to_string().chars().take(limits::MAX_DESCRIPTION_CHARS).collect(),
    };
    AuthError::invalid_response(OPERATION, reason)
}

impl<T: Transport + Sync> Discovery for AuthMetadata<T> {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        match tokio::time::timeout(self.timeout, self.ask_both_versions()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(AuthError::timed_out(OPERATION, self.timeout)),
        }
    }
}

impl<T> fmt::Debug for AuthMetadata<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthMetadata").finish_non_exhaustive()
    }
}

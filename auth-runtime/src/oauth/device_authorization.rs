//! The request that begins a device login (RFC 8628 section 3.1), and what providers really answer to it.

use std::{future::Future, pin::Pin};

use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse, RequestTokenError, basic::BasicErrorResponse};
use url::Url;

use super::{http::HttpClient, provider_words::Secrets, token_response};
use crate::{AuthError, FlowContext};

const OPERATION: &str = "the device authorization";

/// A provider's device authorization endpoint, as the `oauth2` crate wants to see it. Each request is sent once.
pub(crate) struct DeviceAuthorizationEndpoint {
    http: HttpClient,
}

impl DeviceAuthorizationEndpoint {
    /// The endpoint at `url`, reached with the authenticator's proxy and certificates.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that cannot be used.
    pub(crate) async fn new(url: &Url, context: &FlowContext) -> Result<Self, AuthError> {
        Ok(Self { http: HttpClient::new(OPERATION, url, context).await? })
    }

    /// The error of a request; `secrets` are those that were sent with it.
    pub(crate) fn error(
        &self,
        error: RequestTokenError<AuthError, BasicErrorResponse>,
        secrets: &Secrets,
    ) -> AuthError {
        match error {
            RequestTokenError::Request(error) => error,
            RequestTokenError::ServerResponse(refusal) => AuthError::rejected(
                OPERATION,
                secrets.clean(refusal.error().as_ref()),
                refusal.error_description().map(|words| secrets.clean(words)),
            ),
            // Both may quote the answer or the request.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                AuthError::invalid_response(OPERATION, "it could not be read".to_owned())
            }
        }
    }
}

impl<'c> AsyncHttpClient<'c> for DeviceAuthorizationEndpoint {
    type Error = AuthError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, AuthError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async { token_response::normalise_device_authorization(OPERATION, self.http.send(request).await?) })
    }
}

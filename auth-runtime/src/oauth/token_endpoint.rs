//! Token requests: the `oauth2` crate builds them and reads the answers, over our own HTTP.

use std::{fmt, future::Future, pin::Pin};

use http::{HeaderValue, header};
use oauth2::{
    AsyncHttpClient, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, RequestTokenError, StandardRevocableToken,
    StandardTokenResponse, TokenResponse as _,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType},
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use url::Url;

use super::{http::HttpClient, provider_words::Secrets, token_response};
use crate::{AuthError, Credentials, FlowContext};

const OPERATION: &str = "the token request";

/// The `oauth2` crate's client whose answers may hold an id token.
pub(crate) type Client<HasTokenUrl = EndpointSet> = oauth2::Client<
    BasicErrorResponse,
    TokenResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    HasTokenUrl,
>;

/// The answer to a token request.
pub(crate) type TokenResponse = StandardTokenResponse<IdToken, BasicTokenType>;

/// Why a token request failed, as the `oauth2` crate says it.
pub(crate) type TokenError = RequestTokenError<AuthError, BasicErrorResponse>;

/// The id token of OpenID Connect (Core 1.0, section 3.1.3.3).
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct IdToken {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

impl oauth2::ExtraTokenFields for IdToken {}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdToken").finish_non_exhaustive()
    }
}

/// A provider's token endpoint, as the `oauth2` crate wants to see it. Each request is sent once.
pub(crate) struct TokenEndpoint {
    http: HttpClient,
    authorization: Option<HeaderValue>,
}

impl TokenEndpoint {
    /// The endpoint at `url`, reached with the authenticator's proxy and certificates.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that cannot be used.
    pub(crate) async fn new(url: &Url, context: &FlowContext) -> Result<Self, AuthError> {
        Ok(Self { http: HttpClient::new(OPERATION, url, context).await?, authorization: None })
    }

    /// Replaces the `authorization` of each request.
    pub(crate) fn with_authorization(mut self, authorization: HeaderValue) -> Self {
        self.authorization = Some(authorization);
        self
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let request = authorized(request, self.authorization.as_ref());
        token_response::normalise(OPERATION, self.http.send(request).await?)
    }
}

/// The request with its own `authorization` or this one, marked sensitive so that no `Debug` prints it.
fn authorized(mut request: HttpRequest, instead: Option<&HeaderValue>) -> HttpRequest {
    let headers = request.headers_mut();
    if let Some(authorization) = instead {
        headers.insert(header::AUTHORIZATION, authorization.clone());
    }
    if let Some(authorization) = headers.get_mut(header::AUTHORIZATION) {
        authorization.set_sensitive(true);
    }
    request
}

impl<'c> AsyncHttpClient<'c> for TokenEndpoint {
    type Error = AuthError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, AuthError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// The credentials in an answer. Their lifetime counts from the start of the request: by the time the answer is here,
/// a part of it is over.
pub(crate) fn credentials(answer: &TokenResponse, requested_at: Instant) -> Credentials {
    let mut credentials = Credentials::new(answer.access_token().secret());
    if let Some(expires_in) = answer.expires_in() {
        credentials = credentials.with_expires_in_since(expires_in, requested_at);
    }
    if let Some(refresh_token) = answer.refresh_token() {
        credentials = credentials.with_refresh_token(refresh_token.secret());
    }
    if let Some(id_token) = &answer.extra_fields().id_token {
        credentials = credentials.with_id_token(id_token);
    }
    credentials
}

/// The error of a token request; `secrets` are those that were sent with it.
pub(crate) fn token_error(error: TokenError, secrets: &Secrets) -> AuthError {
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn no_debug_of_a_request_shows_its_authorization() {
        let request = || http::Request::builder().header("authorization", "Basic b3du").body(Vec::new()).unwrap();
        let replaced = authorized(request(), Some(&HeaderValue::from_static("Basic b3RoZXI=")));
        assert_eq!(replaced.headers()["authorization"], "Basic b3RoZXI=");
        for request in [authorized(request(), None), replaced] {
            assert!(format!("{:?}", request.headers()).contains("Sensitive"), "{request:?}");
        }
    }
}

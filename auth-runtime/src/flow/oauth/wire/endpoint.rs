//! A provider's endpoint, as the `oauth2` crate wants to see it.

use std::{future::Future, pin::Pin};

use http::{HeaderValue, Uri, header};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Position, Url};

use super::{device_response, response::Sent, revocation_response, sent::secrets_of, token_response};
use crate::{
    AuthError,
    discovery::ProviderEndpoint,
    net::http::{HttpClient, Repeat, uri},
};

type Normalise = fn(Sent<'_>, HttpResponse) -> Result<HttpResponse, AuthError>;

/// An endpoint, reached with the authenticator's proxy and certificates.
pub(crate) struct Endpoint {
    http: HttpClient,
    url: Uri,
    operation: &'static str,
    normalise: Normalise,
    authorization: Option<HeaderValue>,
    secret: Option<SecretString>,
}

impl Endpoint {
    /// A token endpoint.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that cannot be
    /// used.
    pub(crate) async fn token(at: ProviderEndpoint) -> Result<Self, AuthError> {
        Self::new("the token request", token_response::normalise, at).await
    }

    /// A device authorization endpoint (RFC 8628 section 3.1).
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token).
    pub(crate) async fn device_authorization(at: ProviderEndpoint) -> Result<Self, AuthError> {
        Self::new("the device authorization", device_response::normalise, at).await
    }

    /// A revocation endpoint (RFC 7009 section 2).
    ///
    /// # Errors
    ///
    /// As [`token`](Self::token).
    pub(crate) async fn revocation(at: ProviderEndpoint) -> Result<Self, AuthError> {
        Ok(Self::new("the revocation", revocation_response::normalise, at).await?.repeating(Repeat::Idempotent))
    }

    async fn new(operation: &'static str, normalise: Normalise, at: ProviderEndpoint) -> Result<Self, AuthError> {
        let http = HttpClient::new(operation, &at.url, &at.http, at.proxy_credentials).await?;
        let url = uri(operation, &at.url)?;
        Ok(Self { http, url, operation, normalise, authorization: None, secret: None })
    }

    /// The same for a client with this secret; `authorization` replaces that of each request.
    pub(crate) fn of_client(mut self, secret: Option<SecretString>, authorization: Option<HeaderValue>) -> Self {
        self.secret = secret;
        self.authorization = authorization;
        self
    }

    /// The same for requests of which more may be sent a second time.
    pub(crate) fn repeating(mut self, repeat: Repeat) -> Self {
        self.http = self.http.repeating(repeat);
        self
    }

    /// The same for requests that errors call something else.
    pub(crate) fn called(mut self, operation: &'static str) -> Self {
        self.operation = operation;
        self
    }

    /// The same for a client that was told how its tokens are to be sent.
    pub(crate) fn with_any_token_type(mut self) -> Self {
        self.normalise = token_response::normalise_any_type;
        self
    }

    /// What errors call a request to this endpoint.
    pub(crate) fn operation(&self) -> &'static str {
        self.operation
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let mut request = authorized(request, self.authorization.as_ref());
        // Whatever the crate takes it for: discovery has decided where this may go.
        *request.uri_mut() = self.url.clone();
        let secrets = secrets_of(&request, self.secret.as_ref().map(|secret| secret.expose_secret()));
        let response = self.http.send(request, &secrets).await?;
        (self.normalise)(Sent { operation: self.operation, secrets: &secrets }, response)
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

impl<'c> AsyncHttpClient<'c> for Endpoint {
    type Error = AuthError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, AuthError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Host and port, as a person is told whom they log in to.
pub(crate) fn host(url: &Url) -> String {
    url[Position::BeforeHost..Position::AfterPort].to_owned()
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

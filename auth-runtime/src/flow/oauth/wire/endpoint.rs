//! A provider's endpoint, as the `oauth2` crate wants to see it.

use std::{future::Future, pin::Pin};

use super::{device_response, token_response};
use crate::{AuthError, discovery::ProviderEndpoint, net::http::HttpClient};
use http::{HeaderValue, header};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::{Position, Url};

type Normalise = fn(&'static str, HttpResponse) -> Result<HttpResponse, AuthError>;

/// An endpoint, reached with the authenticator's proxy and certificates. Each request is sent once.
pub(crate) struct Endpoint {
    http: HttpClient,
    operation: &'static str,
    normalise: Normalise,
    authorization: Option<HeaderValue>,
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

    async fn new(operation: &'static str, normalise: Normalise, at: ProviderEndpoint) -> Result<Self, AuthError> {
        let http = HttpClient::new(operation, &at.url, &at.http, at.proxy_credentials).await?;
        Ok(Self { http, operation, normalise, authorization: None })
    }

    /// Replaces the `authorization` of each request.
    pub(crate) fn with_authorization(mut self, authorization: Option<HeaderValue>) -> Self {
        self.authorization = authorization;
        self
    }

    /// What errors call a request to this endpoint.
    pub(crate) fn operation(&self) -> &'static str {
        self.operation
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let request = authorized(request, self.authorization.as_ref());
        (self.normalise)(self.operation, self.http.send(request).await?)
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

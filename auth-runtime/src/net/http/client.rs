//! One HTTP request to a provider: sent once, bounded in time and size, and judged before its status is lost.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, StatusCode, header};
use url::Url;

use super::{HttpSettings, endpoint_url::authority, error_code::error_code, retry_after::retry_after};
use crate::{
    AuthError, Verify,
    error::RUNTIME_SHUT_DOWN,
    limits,
    net::{
        client_identity::ClientIdentity, connection_error::connection_failed, destination::is_loopback,
        header_source::HeaderSource, lookup, proxy::ProxyChoice, route::Route, tls,
    },
};

type HttpRequest = http::Request<Vec<u8>>;
type HttpResponse = http::Response<Vec<u8>>;

const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// What is sent to one endpoint of a provider, with the authenticator's proxy and certificates.
pub(crate) struct HttpClient {
    client: reqwest::Client,
    operation: &'static str,
    route: Route,
    proxy_credentials: Option<Arc<dyn HeaderSource>>,
    attempt_timeout: Duration,
    returns_redirects: bool,
}

impl HttpClient {
    /// A client for requests to `url`; `operation` is what errors call them. `proxy_credentials` are those that a proxy
    /// before this very URL may see.
    ///
    /// Certificates are read anew, so that a login after they changed has the new ones.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that cannot be used.
    pub(crate) async fn new(
        operation: &'static str,
        url: &Url,
        settings: &HttpSettings,
        proxy_credentials: Option<Arc<dyn HeaderSource>>,
    ) -> Result<Self, AuthError> {
        let target: http::Uri = url.as_str().parse().map_err(|_| {
            AuthError::configuration(
                "endpoint",
                "the URL of the provider is none that HTTP can be spoken to".to_owned(),
            )
        })?;
        let choice = ProxyChoice::of(settings.proxy.as_deref(), &target, settings.names)?;
        let proxy = choice.proxy();
        let local = url.host_str().is_some_and(is_loopback);
        let tls = if local && url.scheme() == "http" && proxy.is_none() {
            tls::client_config_without_trust()?
        } else {
            read_tls(settings.verify.clone(), settings.identity.clone()).await?
        };
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(lookup::ForHttp))
            // The one below is the only one.
            .no_proxy()
            .user_agent(USER_AGENT);
        let unusable = |error: reqwest::Error| {
            AuthError::configuration("http_proxy", format!("HTTP cannot be set up ({})", error.without_url()))
        };
        let builder = match proxy {
            Some(proxy) => {
                let mut tunnel = reqwest::Proxy::all(proxy.uri().to_string()).map_err(unusable)?;
                if let Some(authorization) = proxy.authorization() {
                    tunnel = tunnel.custom_http_auth(authorization.clone());
                }
                builder.proxy(tunnel)
            }
            None => builder,
        };
        let client = builder.build().map_err(unusable)?;
        Ok(Self {
            client,
            operation,
            route: Route {
                identified: settings.identity.is_some(),
                ..Route::new(
                    format!("{}://{}", url.scheme(), authority(url)),
                    proxy.map(|proxy| &**proxy),
                    settings.names,
                )
            },
            proxy_credentials,
            attempt_timeout: settings.attempt_timeout,
            returns_redirects: false,
        })
    }

    /// The same, for requests that hold no secret: a redirect is an answer like any other, with its `location`.
    pub(crate) fn returning_redirects(mut self) -> Self {
        self.returns_redirects = true;
        self
    }

    /// Sends one request and reads the answer.
    ///
    /// Only answers that the protocol gives a meaning to come back: 2xx, and 4xx but for those below.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Unavailable`](crate::AuthErrorKind::Unavailable) for 5xx, 408, 425 and 429, and for a connection that failed or broke;
    /// [`AuthErrorKind::TimedOut`](crate::AuthErrorKind::TimedOut) after [`Limits::http_attempt_timeout`](limits::Limits::http_attempt_timeout); [`AuthErrorKind::Untrusted`](crate::AuthErrorKind::Untrusted) for a certificate;
    /// [`AuthErrorKind::InvalidResponse`](crate::AuthErrorKind::InvalidResponse) for a redirect, which is not followed, and for a body beyond
    /// [`limits::MAX_RESPONSE_BYTES`]. None holds any of the body but an OAuth 2 error code.
    pub(crate) async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let Some(proxy) = &self.proxy_credentials else { return self.attempt(request).await };
        // What gets them has a timeout of its own.
        if let Some((key, value)) = proxy.header().await? {
            request.headers_mut().insert(key, value);
        }
        let answer = self.attempt(request.clone()).await?;
        if !is_of_a_proxy(&answer) {
            return Ok(answer);
        }
        proxy.refresh().await?;
        if let Some((key, value)) = proxy.header().await? {
            request.headers_mut().insert(key, value);
        }
        self.attempt(request).await
    }

    async fn attempt(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let after = self.attempt_timeout;
        match tokio::time::timeout(after, self.exchange(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(AuthError::timed_out(self.operation, after)),
        }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let request = request.try_into().map_err(|error| self.broken(error))?;
        self.read(self.client.execute(request).await.map_err(|error| self.broken(error))?).await
    }

    pub(crate) async fn read(&self, mut response: reqwest::Response) -> Result<HttpResponse, AuthError> {
        if let Err(error) = self.judge(&response) {
            return Err(self.with_error_code(error, response).await);
        }
        let body = self.body(&mut response).await?;
        let mut read = HttpResponse::new(body);
        *read.status_mut() = response.status();
        for name in [header::CONTENT_TYPE, header::LOCATION] {
            if let Some(value) = response.headers().get(&name) {
                read.headers_mut().insert(name, value.clone());
            }
        }
        Ok(read)
    }

    async fn body(&self, response: &mut reqwest::Response) -> Result<Vec<u8>, AuthError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            let longest = limits::MAX_RESPONSE_BYTES;
            if body.len() + chunk.len() > longest {
                return Err(self
                    .unusable(format!("it is longer than {longest} bytes; is this really the provider's endpoint?")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// A server error may come with an OAuth 2 error all the same: some providers refuse a refresh token so.
    async fn with_error_code(&self, error: AuthError, mut response: reqwest::Response) -> AuthError {
        let status = response.status();
        if !status.is_server_error() || !is_json(response.headers().get(header::CONTENT_TYPE)) {
            return error;
        }
        // The status says enough to go on with, should the body not come.
        match tokio::time::timeout(limits::ERROR_BODY_TIMEOUT, self.body(&mut response)).await {
            Ok(Ok(body)) => match error_code(&body) {
                Some(code) => error.refused_with(&code, status.as_u16()),
                None => error,
            },
            Ok(Err(_)) | Err(_) => error,
        }
    }

    /// Looks at status and headers, before any of the body is read.
    fn judge(&self, response: &reqwest::Response) -> Result<(), AuthError> {
        let status = response.status();
        if status.is_redirection() && !self.returns_redirects {
            // Only where to: a path or query may hold secrets.
            let target = response
                .headers()
                .get(header::LOCATION)
                .and_then(|location| response.url().join(location.to_str().ok()?).ok())
                .filter(|target| matches!(target.scheme(), "http" | "https"))
                .map(|target| format!(" to {}://{}", target.scheme(), authority(&target)))
                .unwrap_or_default();
            return Err(self.unusable(format!(
                "it is a redirect (HTTP {}){target}, which is not followed because the request holds secrets; \
                 set the URL that finally answers",
                status.as_u16()
            )));
        }
        let transient = status.is_server_error()
            || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS);
        if transient {
            return Err(AuthError::unavailable(
                self.operation,
                response
                    .headers()
                    .get(header::RETRY_AFTER)
                    .and_then(|value| retry_after(value, limits::RETRY_AFTER_MAX)),
                Arc::new(UnavailableProvider { peer: self.route.peer.clone(), status }),
            ));
        }
        Ok(())
    }

    fn broken(&self, error: reqwest::Error) -> AuthError {
        // The URL is known, and its query could hold a key.
        connection_failed(self.operation, &self.route, error.without_url())
    }

    fn unusable(&self, reason: String) -> AuthError {
        AuthError::invalid_response(self.operation, reason)
    }
}

/// Whether an answer is that of a proxy before the provider: a provider says what it has against a request in JSON
/// (RFC 6749 section 5.2).
fn is_of_a_proxy(answer: &HttpResponse) -> bool {
    matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED)
        && !is_json(answer.headers().get(header::CONTENT_TYPE))
}

fn is_json(content_type: Option<&HeaderValue>) -> bool {
    content_type.and_then(|value| value.to_str().ok()).is_some_and(|value| value.to_ascii_lowercase().contains("json"))
}

/// The files are read on a thread that may block.
async fn read_tls(verify: Verify, identity: Option<ClientIdentity>) -> Result<rustls::ClientConfig, AuthError> {
    match tokio::task::spawn_blocking(move || tls::client_config(&verify, identity.as_ref())).await {
        Ok(outcome) => outcome,
        Err(_) => Err(AuthError::interrupted(RUNTIME_SHUT_DOWN)),
    }
}

/// A provider that answered, but not to the question.
#[derive(Debug, thiserror::Error)]
#[error("{peer} answered with HTTP {status}")]
struct UnavailableProvider {
    peer: String,
    status: StatusCode,
}

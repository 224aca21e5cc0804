//! One HTTP request to a provider: sent once, bounded in time and size, and judged before its status is lost.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, StatusCode, Uri, header, uri::Scheme};
use url::Url;

use super::{
    HttpSettings, Repeat, Secrets,
    endpoint_url::authority,
    error_code::error_code,
    inflate::Coding,
    repeat::{Failure, with_repeat},
    retry_after::retry_after,
    said,
    words::is_readable,
};
use crate::{
    AuthError, Verify, limits,
    net::{
        client_identity::ClientIdentity,
        connection_error::connection_failed,
        destination::is_loopback,
        header_source::HeaderSource,
        lookup,
        proxy::{Proxy, ProxyChoice},
        route::Route,
        tls,
        warn_once::warn_once,
    },
    user_file,
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
    repeat: Repeat,
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
        let target = uri(operation, url)?;
        let choice = ProxyChoice::of(settings.proxy.as_deref(), &target, settings.names)?;
        let proxy = choice.proxy();
        let identity = shown_identity(settings, proxy.map(|proxy| &**proxy));
        let identified = identity.is_some();
        let local = url.host_str().is_some_and(is_loopback);
        let tls = if local && url.scheme() == "http" && proxy.is_none() {
            tls::client_config_without_trust()?
        } else {
            read_tls(settings.verify.clone(), identity).await?
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
                identified,
                ..Route::new(
                    format!("{}://{}", url.scheme(), authority(url)),
                    proxy.map(|proxy| &**proxy),
                    settings.names,
                )
            },
            proxy_credentials,
            attempt_timeout: settings.attempt_timeout,
            returns_redirects: false,
            repeat: Repeat::default(),
        })
    }

    /// The same, for requests that hold no secret: a redirect is an answer like any other, with its `location`.
    pub(crate) fn returning_redirects(mut self) -> Self {
        self.returns_redirects = true;
        self
    }

    /// The same, for requests of which more may be sent a second time.
    pub(crate) fn repeating(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    /// Sends one request and reads the answer; once more after a moment, where what went wrong passes in one. `secrets`
    /// are those in the request.
    ///
    /// Only answers that the protocol gives a meaning to come back: 2xx, and 4xx but for those below.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Unavailable`](crate::AuthErrorKind::Unavailable) for 5xx, 408, 425 and 429, and for a connection that failed or broke;
    /// [`AuthErrorKind::TimedOut`](crate::AuthErrorKind::TimedOut) after [`Limits::http_attempt_timeout`](limits::Limits::http_attempt_timeout); [`AuthErrorKind::Untrusted`](crate::AuthErrorKind::Untrusted) for a certificate;
    /// [`AuthErrorKind::InvalidResponse`](crate::AuthErrorKind::InvalidResponse) for a redirect, which is not followed, and for a body beyond
    /// [`limits::MAX_RESPONSE_BYTES`]. Of the body they hold an OAuth 2 error code and words for people, without the secrets.
    pub(crate) async fn send(&self, mut request: HttpRequest, secrets: &Secrets) -> Result<HttpResponse, AuthError> {
        let Some(proxy) = &self.proxy_credentials else { return self.attempts(&request, secrets).await };
        // What gets them has a timeout of its own.
        if let Some((key, value)) = proxy.header().await? {
            request.headers_mut().insert(key, value);
        }
        let answer = self.attempts(&request, secrets).await?;
        if !is_of_a_proxy(&answer) {
            return Ok(answer);
        }
        proxy.refresh().await?;
        if let Some((key, value)) = proxy.header().await? {
            request.headers_mut().insert(key, value);
        }
        self.attempts(&request, secrets).await
    }

    async fn attempts(&self, request: &HttpRequest, secrets: &Secrets) -> Result<HttpResponse, AuthError> {
        with_repeat(self.repeat, || self.attempt(request.clone(), secrets)).await
    }

    async fn attempt(&self, request: HttpRequest, secrets: &Secrets) -> Result<HttpResponse, Failure> {
        let after = self.attempt_timeout;
        match tokio::time::timeout(after, self.exchange(request, secrets)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::lasting(AuthError::timed_out(self.operation, after))),
        }
    }

    async fn exchange(&self, request: HttpRequest, secrets: &Secrets) -> Result<HttpResponse, Failure> {
        let request = request.try_into().map_err(|error| self.broken(error))?;
        self.read(self.client.execute(request).await.map_err(|error| self.broken(error))?, secrets).await
    }

    pub(crate) async fn read(
        &self,
        mut response: reqwest::Response,
        secrets: &Secrets,
    ) -> Result<HttpResponse, Failure> {
        let status = response.status();
        if let Err(error) = self.judge(&response) {
            let says_when = response.headers().contains_key(header::RETRY_AFTER);
            return Err(Failure::of_status(self.with_words(error, response, secrets).await, status, says_when));
        }
        let body = self.body(&mut response).await?;
        let mut read = HttpResponse::new(body);
        *read.status_mut() = status;
        let undone = Coding::of(response.headers()).is_some();
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::LOCATION] {
            if undone && name == header::CONTENT_ENCODING {
                continue;
            }
            if let Some(value) = response.headers().get(&name) {
                read.headers_mut().insert(name, value.clone());
            }
        }
        Ok(read)
    }

    /// Counted as it comes, and once more as it is inflated.
    async fn body(&self, response: &mut reqwest::Response) -> Result<Vec<u8>, Failure> {
        let longest = limits::MAX_RESPONSE_BYTES;
        let too_long = || {
            let reason = format!("it is longer than {longest} bytes; is this really the provider's endpoint?");
            Failure::lasting(self.unusable(reason))
        };
        let coding = Coding::of(response.headers());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            if body.len() + chunk.len() > longest {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
        let Some(coding) = coding else { return Ok(body) };
        let inflated = coding
            .inflate(&body, longest)
            .map_err(|_| Failure::lasting(self.unusable("its body is not compressed as it says".to_owned())))?;
        if inflated.len() > longest { Err(too_long()) } else { Ok(inflated) }
    }

    /// A server error may come with an OAuth 2 error all the same: some providers refuse a refresh token so. Others say in
    /// words of their own what is the matter.
    async fn with_words(&self, error: AuthError, mut response: reqwest::Response, secrets: &Secrets) -> AuthError {
        let (status, content_type) = (response.status(), content_type(response.headers()));
        if !error.is_transient() || !is_readable(&content_type) {
            return error;
        }
        // The status says enough to go on with, should the body not come.
        let read = tokio::time::timeout(limits::ERROR_BODY_TIMEOUT, self.body(&mut response)).await;
        let Ok(Ok(body)) = read else { return error };
        let error = match said(status, &content_type, &body, secrets) {
            words if words.is_empty() => error,
            words => self.unavailable(status, error.retry_after(), words),
        };
        match error_code(&body).filter(|_| status.is_server_error()) {
            Some(code) => error.refused_with(&code, status.as_u16()),
            None => error,
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
            let later = response.headers().get(header::RETRY_AFTER);
            let later = later.and_then(|value| retry_after(value, limits::RETRY_AFTER_MAX));
            return Err(self.unavailable(status, later, String::new()));
        }
        Ok(())
    }

    fn unavailable(&self, status: StatusCode, retry_after: Option<Duration>, words: String) -> AuthError {
        let source = UnavailableProvider { peer: self.route.peer.clone(), status, words };
        AuthError::unavailable(self.operation, retry_after, Arc::new(source))
    }

    fn broken(&self, error: reqwest::Error) -> Failure {
        let was_sent = !error.is_connect();
        // The URL is known, and its query could hold a key.
        Failure::of_connection(connection_failed(self.operation, &self.route, error.without_url()), was_sent)
    }

    fn unusable(&self, reason: String) -> AuthError {
        AuthError::invalid_response(self.operation, reason)
    }
}

/// The client certificate, but for connections through a proxy that speaks TLS itself: `reqwest` has the same TLS settings
/// for both ends, and the proxy is not to see who the client is.
fn shown_identity(settings: &HttpSettings, proxy: Option<&Proxy>) -> Option<ClientIdentity> {
    let identity = settings.identity.clone()?;
    let Some(proxy) = proxy.filter(|proxy| proxy.uri().scheme() == Some(&Scheme::HTTPS)) else { return Some(identity) };
    let reason = format!(
        "the proxy {} would see it too; if the provider wants a client certificate, name a proxy with http://, or none",
        proxy.origin()
    );
    warn_once("the provider is not shown the client certificate", &reason);
    None
}

/// Whether an answer is that of a proxy before the provider: a provider says what it has against a request in JSON
/// (RFC 6749 section 5.2).
fn is_of_a_proxy(answer: &HttpResponse) -> bool {
    matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED)
        && !is_json(answer.headers().get(header::CONTENT_TYPE))
}

fn content_type(headers: &HeaderMap) -> String {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.unwrap_or_default().to_owned()
}

fn is_json(content_type: Option<&HeaderValue>) -> bool {
    content_type.and_then(|value| value.to_str().ok()).is_some_and(|value| value.to_ascii_lowercase().contains("json"))
}

/// A URL as HTTP has it, which is shorter than a URL may be.
///
/// # Errors
///
/// [`AuthErrorKind::InvalidResponse`](crate::AuthErrorKind::InvalidResponse) for one that HTTP has not.
pub(crate) fn uri(operation: &'static str, url: &Url) -> Result<Uri, AuthError> {
    Uri::try_from(url.as_str()).map_err(|_| AuthError::invalid_response(operation, "its URL cannot be asked for"))
}

async fn read_tls(verify: Verify, identity: Option<ClientIdentity>) -> Result<rustls::ClientConfig, AuthError> {
    let read = user_file::on_a_thread(move || tls::client_config(&verify, identity.as_ref())).await;
    read.map_err(|error| {
        AuthError::configuration("verify", format!("certificates cannot be read ({error}); try again"))
    })?
}

/// A provider that answered, but not to the question.
#[derive(Debug, thiserror::Error)]
#[error("{peer} answered with HTTP {status}{words}")]
struct UnavailableProvider {
    peer: String,
    status: StatusCode,
    words: String,
}

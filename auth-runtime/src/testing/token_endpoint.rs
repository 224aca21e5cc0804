//! The same login as a scripted one, behind a URL.

use std::{convert::Infallible, io, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::ScriptedLogin;
use crate::{AuthError, Credentials};

type Answer = Response<Full<Bytes>>;

/// More than a token request ever has.
const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// An OAuth 2 token endpoint on this machine that answers as a [`ScriptedLogin`] says, whichever client asks, and for
/// whichever grant. It ends with its drop.
///
/// A failure that is transient is answered with 503, any other with the OAuth 2 error `unauthorized_client`.
///
/// Sockets and a paused clock do not go together: while a test waits for one, the clock jumps to the next timeout. On a
/// paused clock give the [`ScriptedLogin`] itself to the authenticator.
///
/// ```
/// use auth_runtime::{Authenticator, flow::ClientCredentials, testing::{ScriptedLogin, TokenEndpoint}};
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let login = ScriptedLogin::new();
/// let provider = TokenEndpoint::start(&login).await?;
///
/// let flow = ClientCredentials::new("id", "secret").token_url(provider.url());
/// let authenticator = Authenticator::builder("http://127.0.0.1:50051").flow(flow).build()?;
/// authenticator.login().await?;
/// assert_eq!(login.attempts(), 1);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct TokenEndpoint {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl TokenEndpoint {
    /// Begins to listen, on a port that is free.
    ///
    /// # Errors
    ///
    /// Where no port of the loopback interface can be had.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio, or on one whose I/O is not enabled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind.
    pub async fn start(login: &ScriptedLogin) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, task: tokio::spawn(serve(listener, login.clone())) })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}/token", self.address)
    }
}

impl Drop for TokenEndpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Until the listener is gone. The connections end with it.
async fn serve(listener: TcpListener, login: ScriptedLogin) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(converse(stream, login.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, login: ScriptedLogin) {
    let service = service_fn(move |request| {
        let login = login.clone();
        async move { Ok::<_, Infallible>(answer(request, &login).await) }
    });
    // Clients hang up as they like.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// RFC 6749 section 3.2.
async fn answer(request: Request<Incoming>, login: &ScriptedLogin) -> Answer {
    if request.uri().path() != "/token" {
        return status(StatusCode::NOT_FOUND);
    }
    if request.method() != Method::POST {
        return status(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Ok(body) = Limited::new(request.into_body(), MAX_REQUEST_BYTES).collect().await else {
        return status(StatusCode::BAD_REQUEST);
    };
    if !url::form_urlencoded::parse(&body.to_bytes()).any(|(field, _)| field == "grant_type") {
        return refusal("invalid_request", "the request names no grant_type");
    }
    match login.log_in() {
        Ok(credentials) => issued(&credentials),
        Err(error) => failed(&error),
    }
}

fn issued(credentials: &Credentials) -> Answer {
    let mut fields = json!({
        "access_token": credentials.access_token().expose_secret(),
        "token_type": credentials.token_type().unwrap_or("Bearer"),
    });
    if let Some(lifetime) = credentials.expires_in() {
        fields["expires_in"] = lifetime.as_secs().into();
    }
    if let Some(token) = credentials.refresh_token() {
        fields["refresh_token"] = token.expose_secret().into();
    }
    if let Some(token) = credentials.id_token() {
        fields["id_token"] = token.expose_secret().into();
    }
    json(StatusCode::OK, &fields)
}

fn failed(error: &AuthError) -> Answer {
    match error.is_transient() {
        true => status(StatusCode::SERVICE_UNAVAILABLE),
        false => refusal("unauthorized_client", &error.to_string()),
    }
}

fn refusal(code: &str, description: &str) -> Answer {
    json(StatusCode::BAD_REQUEST, &json!({ "error": code, "error_description": description }))
}

fn json(code: StatusCode, fields: &serde_json::Value) -> Answer {
    let mut answer = Response::new(Full::from(fields.to_string()));
    *answer.status_mut() = code;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn status(code: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = code;
    answer
}

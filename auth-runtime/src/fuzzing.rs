//! The private doors that hostile input comes in by, for `tests/fuzz`. Nothing is decided here.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Response};
use oauth2::{
    AsyncHttpClient, ClientId, DeviceAuthorizationUrl, EmptyExtraDeviceAuthorizationFields, HttpRequest, HttpResponse,
    TokenUrl,
};
use secrecy::{ExposeSecret as _, SecretString, zeroize::Zeroizing};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use url::Url;

use crate::{
    AuthError, Credentials, DeviceCodePrompt, Verify,
    discovery::IssuerCheck,
    flow::oauth::{
        pkce::{
            door::{Door, converse},
            page,
            site::Site,
            visits::Begun,
        },
        wire::{self, Client, Secrets, Sent, normalise_device_authorization, normalise_token},
    },
    flyte::KeyringLayout,
    limits,
    net::{
        header,
        http::{HttpClient, HttpSettings},
    },
    prompt::terminal,
    store::{
        StoreError, StoreKey, entry,
        keyring::{
            entries::{Entries, Secret},
            layout::Layout as _,
        },
    },
};

const OPERATION: &str = "the request";
const URL: &str = "http://127.0.0.1/";

type DeviceAuthorization = oauth2::DeviceAuthorizationResponse<EmptyExtraDeviceAuthorizationFields>;
type Normalise = fn(Sent<'_>, HttpResponse) -> Result<HttpResponse, AuthError>;

// === Providers ===

/// An identity provider that is asked once for each answer.
#[allow(missing_debug_implementations, reason = "nobody looks at it")]
pub struct Provider {
    url: Url,
    http: HttpClient,
}

/// What a person is told of a device login, and what it is bound by.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names of RFC 8628")]
pub struct DeviceLogin {
    pub device_code: String,
    pub user_code: String,
    pub verification_uri: String,
    pub expires_in: Duration,
    pub interval: Duration,
    /// What a terminal shows.
    pub instruction: String,
}

impl Provider {
    pub async fn new() -> Result<Self, AuthError> {
        let url = Url::parse(URL).map_err(AuthError::permanent)?;
        let attempt_timeout = limits::HTTP_ATTEMPT_TIMEOUT;
        let settings = HttpSettings {
            proxy: None,
            verify: Verify::System,
            identity: None,
            names: crate::net::names::ConnectionNames::default(),
            allow_plaintext: false,
            attempt_timeout,
        };
        Ok(Self { http: HttpClient::new(OPERATION, &url, &settings, None).await?, url })
    }

    /// The credentials in the answer to a token request that holds `refresh_token`, and the header that carries them.
    pub async fn token(
        &self,
        answer: Response<Vec<u8>>,
        refresh_token: &str,
    ) -> Result<(Credentials, HeaderValue), AuthError> {
        let exchange = Exchange::new(&self.http, normalise_token, refresh_token, answer);
        let token = oauth2::RefreshToken::new(refresh_token.to_owned());
        let client = self.client();
        let answer = client.exchange_refresh_token(&token).request_async(&exchange).await;
        let answer = answer.map_err(|error| wire::request_error(OPERATION, error, &Secrets::new([refresh_token])))?;
        let credentials = wire::credentials(&answer, Instant::now());
        let value = header::value(&credentials, limits::MAX_TOKEN_BYTES)?;
        Ok((credentials, value))
    }

    /// The device login that an answer begins, where `client_secret` was sent.
    pub async fn device_login(&self, answer: Response<Vec<u8>>, client_secret: &str) -> Result<DeviceLogin, AuthError> {
        let exchange = Exchange::new(&self.http, normalise_device_authorization, client_secret, answer);
        let client = self.client().set_device_authorization_url(DeviceAuthorizationUrl::from_url(self.url.clone()));
        let answer = client.exchange_device_code().request_async(&exchange).await;
        let answer: DeviceAuthorization =
            answer.map_err(|error| wire::request_error(OPERATION, error, &Secrets::new([client_secret])))?;
        let complete = answer.verification_uri_complete().map(|complete| complete.secret().as_str());
        let instruction = terminal::instruction(&DeviceCodePrompt {
            verification_uri: answer.verification_uri(),
            verification_uri_complete: complete,
            user_code: answer.user_code().secret(),
            expires_in: answer.expires_in(),
            provider: "idp.example",
            server: URL,
        });
        Ok(DeviceLogin {
            device_code: answer.device_code().secret().clone(),
            user_code: answer.user_code().secret().clone(),
            verification_uri: answer.verification_uri().to_string(),
            expires_in: answer.expires_in(),
            interval: answer.interval(),
            instruction,
        })
    }

    fn client(&self) -> Client {
        Client::new(ClientId::new("client".to_owned())).set_token_uri(TokenUrl::from_url(self.url.clone()))
    }
}

/// One answer, instead of a connection.
struct Exchange<'a> {
    http: &'a HttpClient,
    normalise: Normalise,
    secrets: Secrets,
    answer: Mutex<Option<Response<Vec<u8>>>>,
}

impl<'a> Exchange<'a> {
    fn new(http: &'a HttpClient, normalise: Normalise, secret: &str, answer: Response<Vec<u8>>) -> Self {
        Self { http, normalise, secrets: Secrets::new([secret]), answer: Mutex::new(Some(answer)) }
    }
}

impl<'c> AsyncHttpClient<'c> for Exchange<'_> {
    type Error = AuthError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, AuthError>> + Send + 'c>>;

    fn call(&'c self, _request: HttpRequest) -> Self::Future {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        Box::pin(async {
            let response = self.http.read(answer.into(), &self.secrets).await.map_err(|failure| failure.error)?;
            (self.normalise)(Sent { operation: OPERATION, secrets: &self.secrets }, response)
        })
    }
}

// === Browsers ===

/// What a browser's connection to the redirect URI `http://localhost:53593/callback` says about the login, and `None`
/// where it says nothing. The browser has opened the login's link already; `request` is what it sends now, with the cookie
/// that it got. Goes on until the connection ends.
pub async fn callback<S>(
    connection: impl FnOnce(&str) -> S,
    state: &str,
    issuer: Option<&str>,
) -> Option<Result<SecretString, AuthError>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let site = Url::parse("http://localhost:53593/callback").ok().as_ref().map(Site::new)?;
    let known = state.to_owned();
    let begin = move || Begun { url: URL.to_owned(), state: known.as_str().into(), verifier: "verifier".into() };
    let (door, answers) =
        Door::new(site, issuer.map(IssuerCheck::of).unwrap_or_default(), limits::INTERACTIVE_LOGIN_TIMEOUT, begin);
    let (_, cookie) = door.visit(0, &HeaderMap::new())?;
    let pair = cookie.expose_secret().split(';').next().unwrap_or_default();
    let conversation = converse(connection(pair), Arc::new(door));
    let answered = async {
        let (outcome, reply) = answers.next().await.ok()?;
        let page = page::of(&outcome.as_ref().map(|_| Credentials::new("token")).map_err(Clone::clone));
        reply.with(page, Duration::ZERO).await;
        Some(outcome.map(|code| code.code))
    };
    tokio::join!(conversation, answered).1
}

// === Stores ===

/// The credentials in a file of [`FileStore`](crate::store::FileStore).
pub fn read_file(key: &StoreKey, content: &[u8]) -> Result<Credentials, String> {
    entry::read(key, content)
}

/// The content of such a file.
pub fn write_file(key: &StoreKey, credentials: &Credentials) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    entry::write(key, credentials)
}

/// A keyring that is only a map, from service and user to a secret.
#[derive(Debug, Default)]
pub struct Keyring(Mutex<BTreeMap<(String, String), String>>);

impl Keyring {
    pub fn read(&self, layout: KeyringLayout, key: &StoreKey) -> Result<Option<Credentials>, StoreError> {
        layout.read(self, key)
    }

    pub fn write(&self, layout: KeyringLayout, key: &StoreKey, credentials: &Credentials) -> Result<(), StoreError> {
        layout.write(self, key, credentials)
    }

    pub fn put(&self, service: &str, user: &str, secret: &str) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert((service.to_owned(), user.to_owned()), secret.to_owned());
    }
}

impl Entries for Keyring {
    fn get(&self, service: &str, user: &str) -> Result<Option<Secret>, StoreError> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(entries.get(&(service.to_owned(), user.to_owned())).cloned().map(Secret::new))
    }

    fn set(&self, service: &str, user: &str, secret: &str) -> Result<(), StoreError> {
        self.put(service, user, secret);
        Ok(())
    }

    fn delete(&self, service: &str, user: &str) -> Result<(), StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(service.to_owned(), user.to_owned()));
        Ok(())
    }
}

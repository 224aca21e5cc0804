//! The private doors that hostile input comes in by, for `tests/fuzz`. Nothing is decided here.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
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
    AuthError, BrowserPrompt, Credentials, DeviceCodePrompt, LoginEnd, ProviderChange, ServersChoice, Verify,
    discovery::{ChangedTerm, IssuedBy, IssuerCheck, LoginTerms, Reason},
    flow::oauth::{
        person::person as person_of,
        pkce::{
            connections::HasAsked,
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
    prompt::{LoginSubject, terminal},
    store::{
        StoreError, StoreKey, entry,
        keyring::entries::{Entries, Secret},
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
        let servers_choice = &ServersChoice::default();
        let instruction = terminal::instruction(&DeviceCodePrompt {
            verification_uri: answer.verification_uri(),
            verification_uri_complete: complete,
            user_code: answer.user_code().secret(),
            expires_in: answer.expires_in(),
            subject: LoginSubject { provider: "idp.example", server: URL, servers_choice },
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
    let conversation = converse(connection(pair), Arc::new(door), HasAsked::default());
    let answered = async {
        let (outcome, reply) = answers.next().await.ok()?;
        let page = page::of(outcome.as_ref().map(|_| None));
        reply.with(page, Duration::ZERO).await;
        Some(outcome.map(|code| code.code))
    };
    tokio::join!(conversation, answered).1
}

// === People ===

/// How many words others have in what [`screen`] shows.
pub const SHOWN_WORDS: usize = 8;

/// What a person is shown of a login.
#[derive(Debug)]
#[allow(missing_docs, reason = "one for each place")]
pub struct Screen {
    pub terminal: Vec<String>,
    pub page: String,
}

/// The whole of a login as a person sees it, where a server and a provider have said these words: provider, server, client,
/// scopes, audience, redirect URI, the issuer that it was before, and who has logged in.
pub fn screen(words: [&str; SHOWN_WORDS]) -> Option<Screen> {
    let [provider, server, client, scopes, audience, redirect_uri, issuer, person] = words;
    let token_endpoint = Url::parse(URL).ok()?;
    let issued_by = |issuer: &str| IssuedBy {
        token_endpoint: token_endpoint.clone(),
        issuer: Some(issuer.to_owned()),
        reason: Reason::PublishedIssuer,
    };
    let mut last = LoginTerms::with(&issued_by(issuer));
    last.token_endpoint.set_path("/before");
    let terms = LoginTerms {
        client_id: Some(client.to_owned()),
        scopes: Some(scopes.split(' ').map(str::to_owned).collect()),
        audience: Some(audience.to_owned()),
        redirect_uri: Some(redirect_uri.to_owned()),
        ..LoginTerms::with(&issued_by(provider))
    };
    (last.client_id, last.audience) = (Some(audience.to_owned()), Some(client.to_owned()));
    let changed = terms.changes_since(&last, Reason::PublishedIssuer);
    let changes: Vec<_> = changed.iter().map(ChangedTerm::change).collect();
    let subject = LoginSubject { provider, server, servers_choice: &terms.servers_choice() };
    let browser = BrowserPrompt { opened_url: URL, shown_url: URL, subject };
    let claims = serde_json::json!({ "sub": person }).to_string();
    let id_token = format!("e30.{}.", URL_SAFE_NO_PAD.encode(claims));
    let person = person_of(&Credentials::new("token").with_id_token(id_token));
    Some(Screen {
        terminal: vec![
            terminal::invitation(&browser),
            terminal::question(&ProviderChange { server, changes: &changes }),
            terminal::farewell(&LoginEnd { succeeded: true, person: person.as_deref() }),
        ],
        page: page::of(Ok(person.as_deref())).html(),
    })
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

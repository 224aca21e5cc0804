//! What all grants have in common: who asks, where, and for what.

use std::borrow::Cow;

use oauth2::{ClientId, TokenUrl};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use url::Url;

use super::{
    ClientAuthentication,
    client_secret::ClientSecret,
    issued::SentToken,
    parameters::Parameters,
    refresh_scope::RefreshScope,
    wire::{self, Client, Endpoint, Secrets, TokenError, TokenResponse},
};
use crate::{
    AuthError, Credentials, FlowContext,
    discovery::{EndpointKind, Endpoints, IssuedBy, LocalProvider, LoginTerms, Provider, Reason},
    net::{http::Repeat, warn_once::warn_once},
    store::StoreKey,
};

/// The settings of a client. What is set here wins over what the server says.
#[derive(Debug, Clone)]
pub(super) struct ClientSettings {
    pub(super) id: Option<String>,
    pub(super) secret: Option<ClientSecret>,
    pub(super) authentication: ClientAuthentication,
    pub(super) endpoints: Endpoints,
    /// The issuer, before that of the authenticator.
    pub(super) issuer: Option<String>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) audience: Option<String>,
    /// Whether the audience that the server names counts where none is set here.
    pub(super) audience_from_server: bool,
    /// A program, which scopes that speak of people say nothing about.
    pub(super) is_program: bool,
    pub(super) refresh_scope: RefreshScope,
    /// Of the requests that a login begins with.
    pub(super) authorization_params: Parameters,
    /// Of all token requests.
    pub(super) token_params: Parameters,
    pub(super) sent_token: SentToken,
}

impl ClientSettings {
    /// A client that is a program, with a secret of its own.
    pub(super) fn confidential(id: String, secret: ClientSecret) -> Self {
        Self {
            id: Some(id),
            secret: Some(secret),
            authentication: ClientAuthentication::Basic,
            is_program: true,
            ..Self::public()
        }
    }

    /// A client of the kind that runs on people's machines (RFC 8252). If it has a secret at all, that is none in
    /// truth and goes into the request's body.
    pub(super) fn public() -> Self {
        Self {
            id: None,
            secret: None,
            authentication: ClientAuthentication::RequestBody,
            endpoints: Endpoints::default(),
            issuer: None,
            scopes: None,
            audience: None,
            audience_from_server: true,
            is_program: false,
            refresh_scope: RefreshScope::default(),
            authorization_params: Parameters::default(),
            token_params: Parameters::default(),
            sent_token: SentToken::default(),
        }
    }

    /// The provider, of whom these endpoints are needed.
    ///
    /// # Errors
    ///
    /// Where none can be believed, with the setting that settles it; why an issuer could not be asked. For parameters
    /// that are the login's own, before anybody is asked.
    pub(super) async fn provider(&self, needed: &[EndpointKind], context: &FlowContext) -> Result<Provider, AuthError> {
        self.authorization_params.check("authorization_param")?;
        self.token_params.check("token_param")?;
        context.provider_search().find(self.local(needed)).await
    }

    /// The provider of a login that needed these endpoints, if it can be told to revoke tokens.
    ///
    /// # Errors
    ///
    /// As [`provider`](Self::provider).
    pub(super) async fn revoking_provider(
        &self,
        needed: &[EndpointKind],
        context: &FlowContext,
    ) -> Result<Option<Provider>, AuthError> {
        context.provider_search().find_revoking(self.local(needed)).await
    }

    fn local<'a>(&'a self, needed: &'a [EndpointKind]) -> LocalProvider<'a> {
        LocalProvider { needed, endpoints: &self.endpoints, issuer: self.issuer.as_deref() }
    }

    /// The client, ready for token requests.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for settings that are missing or cannot
    /// work.
    pub(super) async fn token_client(
        &self,
        provider: &Provider,
        context: &FlowContext,
    ) -> Result<TokenClient, AuthError> {
        let at = provider.endpoint(EndpointKind::Token)?;
        let url = at.url.clone();
        let id = self.id(context)?;
        let secret = self.read_secret().await?;
        let mut endpoint = Endpoint::token(at).await?;
        if self.sent_token.token_type.is_some() {
            endpoint = endpoint.with_any_token_type();
        }
        if secret.is_some() && provider.reason == Reason::PublishedIssuer {
            let to = Url::origin(&url).ascii_serialization();
            let bound = provider.issuer_setting();
            let note = format!("{to}, which only the server names as the provider; {bound} to bind it to one");
            warn_once("the client secret goes to", &note);
        }
        let mut client = Client::new(ClientId::new(id.to_owned())).set_token_uri(TokenUrl::from_url(url));
        if let Some(secret) = &secret {
            client = client
                .set_client_secret(oauth2::ClientSecret::new(secret.expose_secret().to_owned()))
                .set_auth_type(self.authentication.auth_type());
        }
        let endpoint = self.authenticated(endpoint, id, secret.clone())?;
        let (issued_by, sent_token) = (provider.issued_by()?, self.sent_token.clone());
        Ok(TokenClient { client, endpoint, secret, issued_by, sent_token })
    }

    /// The endpoint for requests of this client.
    pub(super) fn authenticated(
        &self,
        endpoint: Endpoint,
        id: &str,
        secret: Option<SecretString>,
    ) -> Result<Endpoint, AuthError> {
        let authorization = match &secret {
            Some(secret) => self.authentication.own_header(id, secret)?,
            None => None,
        };
        Ok(endpoint.of_client(secret, authorization))
    }

    pub(super) async fn read_secret(&self) -> Result<Option<SecretString>, AuthError> {
        match &self.secret {
            Some(secret) => Ok(Some(secret.read().await?)),
            None => Ok(None),
        }
    }

    pub(super) fn id<'a>(&'a self, context: &'a FlowContext) -> Result<&'a str, AuthError> {
        let published = || context.server_details().client_id();
        self.id.as_deref().or_else(published).filter(|id| !id.is_empty()).ok_or_else(|| {
            AuthError::configuration(
                "client_id",
                "it is not set and the server names none; give the flow the id that the provider knows this client by",
            )
        })
    }

    /// Whom a login with these settings is with, and what of it the server decides.
    ///
    /// # Errors
    ///
    /// As [`Provider::issued_by`].
    pub(super) fn terms(
        &self,
        redirect_uri: Option<&str>,
        provider: &Provider,
        context: &FlowContext,
    ) -> Result<LoginTerms, AuthError> {
        let details = context.server_details();
        let named = |name: Option<&str>| name.unwrap_or_default().to_owned();
        Ok(LoginTerms {
            client_id: self.id.is_none().then(|| named(details.client_id())),
            scopes: self.scopes.is_none().then(|| details.scopes().iter().cloned().collect()),
            audience: (self.audience.is_none() && self.audience_from_server).then(|| named(details.audience())),
            redirect_uri: redirect_uri.map(str::to_owned),
            ..LoginTerms::with(&provider.issued_by()?)
        })
    }

    /// What of a login's settings is set here.
    pub(super) fn store_key(&self, endpoint: &str, flow: Cow<'static, str>) -> StoreKey {
        let mut key = StoreKey::new(endpoint, self.id.as_deref().unwrap_or_default(), flow);
        if let Some(scopes) = &self.scopes {
            key = key.with_scopes(scopes);
        }
        if let Some(audience) = &self.audience {
            key = key.with_audience(audience);
        }
        if let Some(url) = &self.endpoints.token {
            key = key.with_token_endpoint(Url::parse(url).map_or_else(|_| url.clone(), String::from));
        }
        for (kind, parameters) in [("authorization", &self.authorization_params), ("token", &self.token_params)] {
            for (name, value) in parameters.pairs() {
                key = key.with_setting(format!("{kind} parameter {name}"), value);
            }
        }
        if let Some(token_type) = &self.sent_token.token_type {
            key = key.with_setting("token type", token_type);
        }
        if self.sent_token.is_id_token {
            key = key.with_setting("token", "id token");
        }
        key.or_issuer(self.issuer.as_deref())
    }
}

/// A client and the token endpoint that it asks.
pub(super) struct TokenClient {
    pub(super) client: Client,
    pub(super) endpoint: Endpoint,
    pub(super) issued_by: IssuedBy,
    pub(super) secret: Option<SecretString>,
    sent_token: SentToken,
}

impl TokenClient {
    /// The same for requests of which more may be sent a second time.
    pub(super) fn repeating(mut self, repeat: Repeat) -> Self {
        self.endpoint = self.endpoint.repeating(repeat);
        self
    }

    /// The same for requests that errors call something else.
    pub(super) fn called(mut self, operation: &'static str) -> Self {
        self.endpoint = self.endpoint.called(operation);
        self
    }

    /// All that must not be repeated from a provider's response: the client's secret, and what was `sent` beside it.
    pub(super) fn secrets<'a>(&'a self, sent: impl IntoIterator<Item = &'a str>) -> Secrets {
        Secrets::new(sent.into_iter().chain(self.secret.as_ref().map(SecretString::expose_secret)))
    }

    /// The credentials that a request brought, or why it brought none. `previous` are those that it refreshes.
    pub(super) fn credentials(
        &self,
        outcome: Result<TokenResponse, TokenError>,
        requested_at: Instant,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        match outcome {
            Ok(response) => self.issued(&response, requested_at, previous),
            Err(error) => Err(wire::request_error(self.endpoint.operation(), error, &self.secrets([]))),
        }
    }

    /// The credentials in a response.
    pub(super) fn issued(
        &self,
        response: &TokenResponse,
        requested_at: Instant,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        let credentials = wire::credentials(response, requested_at);
        Ok(self.issued_by.bind(self.sent_token.of(credentials, previous)?))
    }
}

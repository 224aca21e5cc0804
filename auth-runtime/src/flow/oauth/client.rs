//! What all grants have in common: who asks, where, and for what.

use std::borrow::Cow;

use oauth2::{ClientId, Scope, TokenUrl};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use url::Url;

use super::{
    ClientAuthentication,
    client_secret::ClientSecret,
    wire::{self, Client, Endpoint, Secrets, TokenError, TokenResponse},
};
use crate::{
    AuthError, Credentials, FlowContext,
    discovery::{EndpointKind, Endpoints, IssuedBy, LocalProvider, Provider, Reason},
    net::warn_once::warn_once,
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
}

impl ClientSettings {
    /// A client that is a program, with a secret of its own.
    pub(super) fn confidential(id: String, secret: ClientSecret) -> Self {
        Self { id: Some(id), secret: Some(secret), authentication: ClientAuthentication::Basic, ..Self::public() }
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
        }
    }

    /// The provider, of whom these endpoints are needed.
    ///
    /// # Errors
    ///
    /// Where none can be believed, with the setting that settles it; why an issuer could not be asked.
    pub(super) async fn provider(&self, needed: &[EndpointKind], context: &FlowContext) -> Result<Provider, AuthError> {
        let local = LocalProvider { needed, endpoints: &self.endpoints, issuer: self.issuer.as_deref() };
        context.provider_search().find(local).await
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
        let secret = match &self.secret {
            Some(secret) => Some(secret.read().await?),
            None => None,
        };
        let mut endpoint = Endpoint::token(at).await?;
        if secret.is_some() && provider.reason == Reason::PublishedIssuer {
            let to = Url::origin(&url).ascii_serialization();
            let bound = provider.issuer_setting();
            let note = format!("{to}, which only the server names as the provider; {bound} to bind it to one");
            warn_once("the client secret goes to", &note);
        }
        let mut client = Client::new(ClientId::new(id.to_owned())).set_token_uri(TokenUrl::from_url(url));
        if let Some(secret) = &secret {
            endpoint = endpoint.with_authorization(self.authentication.own_header(id, secret)?);
            client = client
                .set_client_secret(oauth2::ClientSecret::new(secret.expose_secret().to_owned()))
                .set_auth_type(self.authentication.auth_type());
        }
        Ok(TokenClient { client, endpoint, secret, issued_by: provider.issued_by()? })
    }

    fn id<'a>(&'a self, context: &'a FlowContext) -> Result<&'a str, AuthError> {
        let published = || context.server_details().client_id();
        self.id.as_deref().or_else(published).filter(|id| !id.is_empty()).ok_or_else(|| {
            AuthError::configuration(
                "client_id",
                "it is not set and the server names none; give the flow the id that the provider knows this client by",
            )
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
        key.or_issuer(self.issuer.as_deref())
    }

    pub(super) fn scopes<'a>(&'a self, context: &'a FlowContext) -> impl Iterator<Item = Scope> + 'a {
        let scopes = self.scopes.as_deref().unwrap_or(context.server_details().scopes());
        scopes.iter().filter(|scope| !scope.is_empty()).cloned().map(Scope::new)
    }

    pub(super) fn audience<'a>(&'a self, context: &'a FlowContext) -> Option<&'a str> {
        let published = || context.server_details().audience().filter(|_| self.audience_from_server);
        self.audience.as_deref().or_else(published).filter(|audience| !audience.is_empty())
    }
}

/// A client and the token endpoint that it asks.
pub(super) struct TokenClient {
    pub(super) client: Client,
    pub(super) endpoint: Endpoint,
    pub(super) issued_by: IssuedBy,
    secret: Option<SecretString>,
}

impl TokenClient {
    /// All that must not be repeated from a provider's response: the client's secret, and what was `sent` beside it.
    pub(super) fn secrets<'a>(&'a self, sent: impl IntoIterator<Item = &'a str>) -> Secrets {
        Secrets::new(sent.into_iter().chain(self.secret.as_ref().map(SecretString::expose_secret)))
    }

    /// The credentials that a request brought, or why it brought none.
    pub(super) fn credentials<'a>(
        &'a self,
        outcome: Result<TokenResponse, TokenError>,
        requested_at: Instant,
        sent: impl IntoIterator<Item = &'a str>,
    ) -> Result<Credentials, AuthError> {
        match outcome {
            Ok(response) => Ok(self.issued_by.bind(wire::credentials(&response, requested_at))),
            Err(error) => Err(wire::request_error(self.endpoint.operation(), error, &self.secrets(sent))),
        }
    }
}

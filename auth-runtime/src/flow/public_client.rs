//! What the logins of people have in common: a client without a secret of its own, and its refresh tokens.

use oauth2::{ClientId, Scope, TokenUrl};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use url::Url;

use crate::{
    AuthError, Credentials, FlowContext,
    oauth::{self, Client, Secrets, TokenEndpoint},
};

/// A client of the kind that runs on people's machines (RFC 8252). What is set here wins over what the server says.
#[derive(Debug, Clone, Default)]
pub(super) struct PublicClient {
    pub(super) id: Option<String>,
    pub(super) secret: Option<SecretString>,
    pub(super) token_url: Option<String>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) audience: Option<String>,
}

impl PublicClient {
    /// The client, with its token endpoint.
    pub(super) fn client(&self, token_url: Url, context: &FlowContext) -> Result<Client, AuthError> {
        let published = || context.server_details().client_id();
        let id = self.id.as_deref().or_else(published).filter(|id| !id.is_empty()).ok_or_else(|| {
            unset("client_id", "it is not set and the server names none; add .client_id(..) to the flow")
        })?;
        let mut client = Client::new(ClientId::new(id.to_owned())).set_token_uri(TokenUrl::from_url(token_url));
        if let Some(secret) = &self.secret {
            client = client
                .set_client_secret(oauth2::ClientSecret::new(secret.expose_secret().to_owned()))
                .set_auth_type(oauth2::AuthType::RequestBody);
        }
        Ok(client)
    }

    pub(super) fn token_url(&self, context: &FlowContext) -> Result<Url, AuthError> {
        let published = context.server_details().token_endpoint();
        endpoint(["token_url", "the server's token endpoint"], self.token_url.as_deref(), published, context)
    }

    pub(super) fn scopes<'a>(&'a self, context: &'a FlowContext) -> impl Iterator<Item = Scope> + 'a {
        let scopes = self.scopes.as_deref().unwrap_or(context.server_details().scopes());
        scopes.iter().filter(|scope| !scope.is_empty()).cloned().map(Scope::new)
    }

    pub(super) fn audience<'a>(&'a self, context: &'a FlowContext) -> Option<&'a str> {
        let published = || context.server_details().audience();
        self.audience.as_deref().or_else(published).filter(|audience| !audience.is_empty())
    }

    /// All that must not be repeated from a provider's answer, whatever the request.
    pub(super) fn secrets<'a>(&'a self, sent: impl IntoIterator<Item = &'a str>) -> Secrets {
        Secrets::new(sent.into_iter().chain(self.secret.as_ref().map(SecretString::expose_secret)))
    }

    /// New credentials for a refresh token (RFC 6749 section 6). Where the answer brings no new refresh token the old
    /// one stays good; where it brings one, the old one must not be used again.
    pub(super) async fn refresh(&self, context: &FlowContext, token: &SecretString) -> Result<Credentials, AuthError> {
        let url = self.token_url(context)?;
        let endpoint = TokenEndpoint::new(&url, context).await?;
        let client = self.client(url, context)?;
        let refresh_token = oauth2::RefreshToken::new(token.expose_secret().to_owned());

        let requested_at = Instant::now();
        let answer = client.exchange_refresh_token(&refresh_token).request_async(&endpoint).await;
        let answer = answer.map_err(|error| oauth::token_error(error, &self.secrets([token.expose_secret()])))?;
        let credentials = oauth::credentials(&answer, requested_at);
        Ok(match credentials.refresh_token() {
            Some(_) => credentials,
            None => credentials.with_refresh_token(token.expose_secret()),
        })
    }
}

/// The URL of an endpoint, set locally or published by the server.
pub(super) fn endpoint(
    [setting, published_setting]: [&'static str; 2],
    local: Option<&str>,
    published: Option<&str>,
    context: &FlowContext,
) -> Result<Url, AuthError> {
    match (local, published) {
        (Some(url), _) => oauth::parse_endpoint(setting, url, context),
        (None, Some(url)) => oauth::parse_endpoint(published_setting, url, context),
        (None, None) => Err(unset(
            setting,
            "it is not set and the server names none; set it on the flow, or add .discovery(..) to the authenticator",
        )),
    }
}

fn unset(setting: &'static str, reason: &str) -> AuthError {
    AuthError::configuration(setting, reason.to_owned())
}

//! One authorization: the URLs that it begins with, and the exchange of the code that ends it.

use std::borrow::Cow;

use oauth2::{AuthUrl, AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use url::Url;

use super::{
    super::{agreement::Agreement, client::TokenClient, parameters::Parameters},
    PersonalGrant as _, Pkce,
    door::Code,
    redirect_uri::{self, RedirectUri},
    visits::Begun,
};
use crate::{
    AuthError, Credentials, FlowContext, ServersChoice,
    discovery::{EndpointKind, IssuerCheck},
    limits,
};

/// Whom to ask, and for what.
pub(super) struct Authorization {
    client: TokenClient,
    authorization_url: AuthUrl,
    redirect_url: RedirectUrl,
    scopes: Vec<Scope>,
    audience: Option<String>,
    parameters: Parameters,
    token_parameters: Parameters,
    issuer: IssuerCheck,
    agreement: Agreement,
}

impl Authorization {
    /// Checks everything before a person is asked.
    pub(super) async fn prepare(
        flow: &Pkce,
        redirect_uri: &RedirectUri,
        context: &FlowContext,
    ) -> Result<Self, AuthError> {
        let settings = &flow.login().client;
        let provider = settings.provider(Pkce::NEEDED, context).await?;
        let published = context.server_details().redirect_uri().unwrap_or_default();
        let servers = flow.redirect_uri.is_none().then_some(published);
        let agreement = Agreement::reach(settings, servers, &provider, context).await?;
        let redirect_url = RedirectUrl::new(redirect_uri.text.clone())
            .map_err(|error| redirect_uri::not_a_url(&redirect_uri.text, error))?;
        Ok(Self {
            client: settings.token_client(&provider, context).await?,
            authorization_url: AuthUrl::from_url(provider.endpoint(EndpointKind::Authorization)?.url),
            redirect_url,
            scopes: settings.scopes(context),
            audience: settings.audience(context).map(str::to_owned),
            parameters: settings.authorization_params.clone(),
            token_parameters: settings.token_params.clone(),
            issuer: IssuerCheck { required: provider.issuer.required || flow.requires_issuer, ..provider.issuer },
            agreement,
        })
    }

    /// Where the person logs in.
    pub(super) fn page(&self) -> &Url {
        self.authorization_url.url()
    }

    /// Whom a callback has to name.
    pub(super) fn issuer(&self) -> &IssuerCheck {
        &self.issuer
    }

    /// What a person is shown of the server's choice.
    pub(super) fn servers_choice(&self) -> &ServersChoice {
        self.agreement.servers_choice()
    }

    /// The login has succeeded.
    pub(super) async fn keep_terms(&self) {
        self.agreement.keep().await;
    }

    /// State and verifier are made anew each time, from the operating system's randomness.
    pub(super) fn begin(&self) -> Begun {
        // RFC 7636 section 4.1: 32 random bytes, which is the least, and enough. Never `plain` (section 7.2).
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let authorizing = self.client.client.clone().set_auth_uri(self.authorization_url.clone());
        let mut request = authorizing
            .authorize_url(|| CsrfToken::new_random_len(limits::STATE_BYTES))
            .set_redirect_uri(Cow::Borrowed(&self.redirect_url))
            .set_pkce_challenge(challenge)
            .add_scopes(self.scopes.iter().cloned());
        if let Some(audience) = &self.audience {
            request = request.add_extra_param("audience", audience);
        }
        for (name, value) in self.parameters.pairs() {
            request = request.add_extra_param(name, value);
        }
        let (url, state) = request.url();
        Begun { url: url.into(), state: state.into_secret().into(), verifier: verifier.into_secret().into() }
    }

    /// Redeems the code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    pub(super) async fn exchange(&self, Code { code, verifier }: Code) -> Result<Credentials, AuthError> {
        let [code, verifier]: [&SecretString; 2] = [&code, &verifier];
        let mut request = self
            .client
            .client
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_redirect_uri(Cow::Borrowed(&self.redirect_url))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()));
        for (name, value) in self.token_parameters.pairs() {
            request = request.add_extra_param(name, value);
        }
        let requested_at = Instant::now();
        let outcome = request.request_async(&self.client.endpoint).await;
        self.client.credentials(outcome, requested_at, None)
    }
}

//! One authorization: the URL that begins it, and the exchange of the code that ends it.

use std::borrow::Cow;

use oauth2::{AuthUrl, AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use url::Url;

use super::{super::client::TokenClient, NEEDED, Pkce, callback::Expected};
use crate::{
    AuthError, Credentials, FlowContext,
    discovery::{EndpointKind, IssuerCheck},
    limits,
};

/// State and verifier are made anew for each, from the operating system's randomness.
pub(super) struct Authorization {
    client: TokenClient,
    redirect_url: RedirectUrl,
    url: Url,
    state: CsrfToken,
    verifier: PkceCodeVerifier,
    issuer: IssuerCheck,
}

impl Authorization {
    /// Checks everything before a person is asked.
    pub(super) async fn prepare(flow: &Pkce, redirect_uri: &Url, context: &FlowContext) -> Result<Self, AuthError> {
        let settings = &flow.client;
        let provider = settings.provider(&NEEDED, context).await?;
        let authorization_url = provider.endpoint(EndpointKind::Authorization)?.url;
        let client = settings.token_client(&provider, context).await?;
        let redirect_url = RedirectUrl::from_url(redirect_uri.clone());
        // RFC 7636 section 4.1: 32 random bytes, which is the least, and enough. Never `plain` (section 7.2).
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let authorizing = client.client.clone().set_auth_uri(AuthUrl::from_url(authorization_url));
        let mut request = authorizing
            .authorize_url(|| CsrfToken::new_random_len(limits::STATE_BYTES))
            .set_redirect_uri(Cow::Borrowed(&redirect_url))
            .set_pkce_challenge(challenge)
            .add_scopes(settings.scopes(context));
        if let Some(audience) = settings.audience(context) {
            request = request.add_extra_param("audience", audience);
        }
        let (url, state) = request.url();
        Ok(Self { client, redirect_url, url, state, verifier, issuer: provider.issuer })
    }

    /// What to open in the browser.
    pub(super) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// What a callback must hold to belong to this authorization.
    pub(super) fn expected(&self) -> Expected {
        Expected { state: SecretString::from(self.state.secret().as_str()), issuer: self.issuer.clone() }
    }

    /// Redeems the code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    pub(super) async fn exchange(self, code: SecretString) -> Result<Credentials, AuthError> {
        let verifier = SecretString::from(self.verifier.secret().as_str());
        let request = self
            .client
            .client
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_redirect_uri(Cow::Borrowed(&self.redirect_url))
            .set_pkce_verifier(self.verifier);
        let requested_at = Instant::now();
        let outcome = request.request_async(&self.client.endpoint).await;
        self.client.credentials(outcome, requested_at, [code.expose_secret(), verifier.expose_secret()])
    }
}

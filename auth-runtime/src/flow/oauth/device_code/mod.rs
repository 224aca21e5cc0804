//! The device authorization grant, for a person at a browser on any other device (RFC 8628).

mod polling;
mod shown_page;

use oauth2::{DeviceAuthorizationUrl, EmptyExtraDeviceAuthorizationFields, PkceCodeChallenge, PkceCodeVerifier};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use url::Url;

use self::{
    polling::Polling,
    shown_page::{ExpectedPages, ShownPage},
};
use super::{
    agreement::Agreement,
    client::TokenClient,
    person::person,
    personal::{PersonalGrant, PersonalLogin, personal_flow},
    refusal::mentions,
    settings::{personal_settings, request_settings},
    wire::{self, Endpoint},
};
use crate::{
    AuthError, Credentials, FlowContext, LoginEnd,
    discovery::EndpointKind,
    prompt::{LoginSubject, PromptGuard},
};

/// The response to the first request.
type DeviceAuthorization = oauth2::DeviceAuthorizationResponse<EmptyExtraDeviceAuthorizationFields>;

/// Logs a person in on another device, for machines without a browser, and stays logged in with the refresh token that
/// this brings.
///
/// What the server publishes is used as far as it is not set here. A person is asked only where one may be, as for
/// [`Pkce`](super::Pkce).
///
/// ```
/// use auth_runtime::{Authenticator, flow::DeviceCode};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let flow = DeviceCode::new()
///     .client_id("my-tool")
///     .device_authorization_url("https://login.example.com/oauth2/device")
///     .token_url("https://login.example.com/oauth2/token");
/// let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[doc(alias = "DeviceFlow")]
pub struct DeviceCode {
    login: PersonalLogin,
    pkce: bool,
}

personal_flow!(DeviceCode);
request_settings!(DeviceCode, login.client);
personal_settings!(DeviceCode, timeout
    /// How long to wait for the person, 5 minutes by default. Never longer than the provider's code is good for.
    #[doc(alias = "deviceFlowConfig.timeout")]);

impl DeviceCode {
    /// With all settings from the server.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where a login is begun, instead of the server's
    /// [`device_authorization_endpoint`](crate::ServerDetails::device_authorization_endpoint). `https://`, but for
    /// this machine.
    #[must_use]
    pub fn device_authorization_url(mut self, url: impl Into<String>) -> Self {
        self.login.client.endpoints.device_authorization = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    /// Whether the login is bound to this program by a secret of its own (PKCE, RFC 7636), as Keycloak can want it of a
    /// client. By default it is where the provider refuses it otherwise.
    #[must_use]
    pub fn pkce(mut self, pkce: bool) -> Self {
        self.pkce = pkce;
        self
    }

    /// The request that the login begins with, and the verifier of its challenge if it had one.
    async fn begin(
        &self,
        begun: &Begun<'_>,
        context: &FlowContext,
    ) -> Result<(DeviceAuthorization, Option<PkceCodeVerifier>), AuthError> {
        match self.ask(begun, self.pkce, context).await {
            Err(error) if !self.pkce && wants_challenge(&error) => {
                tracing::debug!(%error, "the login is begun once more with PKCE");
                self.ask(begun, true, context).await
            }
            outcome => outcome,
        }
    }

    async fn ask(
        &self,
        Begun { client, endpoint, url }: &Begun<'_>,
        pkce: bool,
        context: &FlowContext,
    ) -> Result<(DeviceAuthorization, Option<PkceCodeVerifier>), AuthError> {
        let settings = &self.login.client;
        let url = DeviceAuthorizationUrl::from_url(url.clone());
        let device_client = client.client.clone().set_device_authorization_url(url);
        let mut request = device_client.exchange_device_code().add_scopes(settings.scopes(context));
        if let Some(audience) = settings.audience(context) {
            request = request.add_extra_param("audience", audience);
        }
        for (name, value) in settings.authorization_params.pairs() {
            request = request.add_extra_param(name, value);
        }
        let mut verifier = None;
        if pkce {
            let (challenge, secret) = PkceCodeChallenge::new_random_sha256();
            let method = challenge.method().as_str().to_owned();
            request = request.add_extra_param("code_challenge", challenge.as_str().to_owned());
            request = request.add_extra_param("code_challenge_method", method);
            verifier = Some(secret);
        }
        let outcome = request.request_async(*endpoint).await;
        let authorization =
            outcome.map_err(|error| wire::request_error(endpoint.operation(), error, &client.secrets([])))?;
        Ok((authorization, verifier))
    }
}

/// Whom a login is begun at.
struct Begun<'a> {
    client: &'a TokenClient,
    endpoint: &'a Endpoint,
    url: Url,
}

/// Whether a provider refuses a login for lack of a challenge, in its own words: no code says so.
fn wants_challenge(error: &AuthError) -> bool {
    let about_it = mentions(error, "code_challenge") || mentions(error, "pkce");
    about_it && error.oauth_error() == Some("invalid_request")
}

impl PersonalGrant for DeviceCode {
    const NAME: &'static str = "device_code";
    const NEEDED: &'static [EndpointKind] = &[EndpointKind::DeviceAuthorization, EndpointKind::Token];

    fn login(&self) -> &PersonalLogin {
        &self.login
    }

    async fn log_in(&self, context: &FlowContext) -> Result<Credentials, AuthError> {
        context.check_may_ask()?;
        let settings = &self.login.client;
        let provider = settings.provider(Self::NEEDED, context).await?;
        let agreement = Agreement::reach(settings, None, &provider, context).await?;
        let device_endpoint = provider.endpoint(EndpointKind::DeviceAuthorization)?;
        let url = device_endpoint.url.clone();
        let pages = ExpectedPages::of(&url, provider.reason, context.allow_plaintext());
        let client = settings.token_client(&provider, context).await?.called(polling::OPERATION);
        let device_endpoint = Endpoint::device_authorization(device_endpoint).await?;
        let device_endpoint = settings.authenticated(device_endpoint, settings.id(context)?, client.secret.clone())?;

        let host = wire::host(&url);
        let begun_at = Instant::now();
        let begun = Begun { client: &client, endpoint: &device_endpoint, url };
        let (authorization, verifier) = self.begin(&begun, context).await?;

        let device_code = SecretString::from(authorization.device_code().secret().as_str());
        let secrets = client.secrets([device_code.expose_secret()]);
        let page = ShownPage::of(&authorization, &pages)?;
        let subject =
            LoginSubject { provider: &host, server: context.endpoint(), servers_choice: agreement.servers_choice() };
        let request = page.prompt(authorization.expires_in(), subject);
        let shown = PromptGuard::show(context.prompt()?, |prompt| prompt.device_code(&request))?;
        let verifier = verifier.map(|verifier| ("code_verifier", verifier.into_secret()));
        let parameters = settings.token_params.pairs().map(|(name, value)| (name, value.to_owned())).chain(verifier);
        let polling = Polling::new(&client.endpoint, begun_at, &authorization)
            .with_parameters(parameters.map(|(name, value)| (name.to_owned(), value)));
        let outcome = polling.run(&client.client, &authorization, &secrets).await;
        let outcome = outcome.and_then(|(response, requested_at)| client.issued(&response, requested_at, None));
        let person = outcome.as_ref().ok().and_then(person);
        let told = shown.ended(&LoginEnd { succeeded: outcome.is_ok(), person: person.as_deref() });
        let credentials = outcome?;
        told?;
        agreement.keep().await;
        Ok(credentials)
    }
}

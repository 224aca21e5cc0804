//! The device authorization grant, for a person at a browser on any other device (RFC 8628).

mod polling;

use std::time::Duration;

use oauth2::{DeviceAuthorizationUrl, EmptyExtraDeviceAuthorizationFields};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use self::polling::Polling;
use super::public_client::{self, PublicClient};
use crate::{
    AuthError, Credentials, DeviceCodePrompt, Flow, FlowContext, limits,
    oauth::{self, DeviceAuthorizationEndpoint, TokenEndpoint},
    prompt::Shown,
};

/// What a provider answers to the first request.
type Answer = oauth2::DeviceAuthorizationResponse<EmptyExtraDeviceAuthorizationFields>;

/// Logs a person in on another device, for machines without a browser (flytekit's `DeviceFlow` mode), and stays logged
/// in with the refresh token that this brings.
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
#[derive(Debug, Clone)]
#[doc(alias = "DeviceFlow")]
pub struct DeviceCode {
    client: PublicClient,
    device_authorization_url: Option<String>,
    time_out: Duration,
}

impl Default for DeviceCode {
    fn default() -> Self {
        Self {
            client: PublicClient::default(),
            device_authorization_url: None,
            time_out: limits::INTERACTIVE_LOGIN_TIMEOUT,
        }
    }
}

impl DeviceCode {
    /// With all settings from the server.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id that the provider knows this client by, instead of the one that the server names.
    #[must_use]
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client.id = Some(id.into()).filter(|id| !id.is_empty());
        self
    }

    /// A client secret, for the providers that want one even of programs that cannot keep it. It is sent in the
    /// request's body.
    #[must_use]
    pub fn client_secret(mut self, secret: impl Into<String>) -> Self {
        self.client.secret = Some(SecretString::from(secret.into()));
        self
    }

    /// Where a login is begun, instead of the server's
    /// [`device_authorization_endpoint`](crate::ServerDetails::device_authorization_endpoint). `https://`, but for
    /// this machine.
    #[must_use]
    pub fn device_authorization_url(mut self, url: impl Into<String>) -> Self {
        self.device_authorization_url = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    /// The token endpoint, instead of the server's. `https://`, but for this machine.
    #[doc(alias = "tokenUrl")]
    #[must_use]
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.client.token_url = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    /// The scopes to ask for, instead of those that the server names.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.client.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// The audience to ask for, instead of the one that the server names.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.client.audience = Some(audience.into()).filter(|audience| !audience.is_empty());
        self
    }

    /// How long to wait for the person, [`limits::INTERACTIVE_LOGIN_TIMEOUT`] by default. Never longer than the
    /// provider's code is good for.
    #[doc(alias = "deviceFlowConfig.timeout")]
    #[must_use]
    pub fn wait_at_most(mut self, time_out: Duration) -> Self {
        self.time_out = time_out;
        self
    }

    async fn log_in(&self, context: &FlowContext) -> Result<Credentials, AuthError> {
        let prompt = context.prompt()?;
        let device_url = public_client::endpoint(
            ["device_authorization_url", "the server's device authorization endpoint"],
            self.device_authorization_url.as_deref(),
            context.server_details().device_authorization_endpoint(),
            context,
        )?;
        let token_url = self.client.token_url(context)?;
        let device_endpoint = DeviceAuthorizationEndpoint::new(&device_url, context).await?;
        let token_endpoint = TokenEndpoint::new(&token_url, context).await?;
        let client = self.client.client(token_url, context)?;

        let begun_at = Instant::now();
        let device_client = client.clone().set_device_authorization_url(DeviceAuthorizationUrl::from_url(device_url));
        let mut request = device_client.exchange_device_code().add_scopes(self.client.scopes(context));
        if let Some(audience) = self.client.audience(context) {
            request = request.add_extra_param("audience", audience);
        }
        let answer: Answer = request
            .request_async(&device_endpoint)
            .await
            .map_err(|error| device_endpoint.error(error, &self.client.secrets([])))?;

        let device_code = SecretString::from(answer.device_code().secret().as_str());
        let secrets = self.client.secrets([device_code.expose_secret()]);
        let shown = Shown::by(prompt, |prompt| prompt.device_code(&request_to_person(&answer)));
        let polling = Polling::new(&token_endpoint, begun_at, &answer, context.limits());
        let outcome = polling.run(&client, &answer, &secrets).await;
        shown.ended(outcome.is_ok());
        outcome.map(|(answer, requested_at)| oauth::credentials(&answer, requested_at))
    }
}

fn request_to_person(answer: &Answer) -> DeviceCodePrompt<'_> {
    DeviceCodePrompt {
        verification_uri: answer.verification_uri(),
        verification_uri_complete: answer.verification_uri_complete().map(|complete| complete.secret().as_str()),
        user_code: answer.user_code().secret(),
        expires_in: answer.expires_in(),
    }
}

impl Flow for DeviceCode {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        match previous.and_then(Credentials::refresh_token) {
            Some(refresh_token) => self.client.refresh(context, refresh_token).await,
            None => self.log_in(context).await,
        }
    }

    fn time_out(&self) -> Duration {
        self.time_out
    }

    fn name(&self) -> &'static str {
        "device_code"
    }

    fn client_id(&self) -> Option<&str> {
        self.client.id.as_deref()
    }

    fn persistent(&self) -> bool {
        true
    }
}

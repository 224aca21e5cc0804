//! The device authorization grant, for a person at a browser on any other device (RFC 8628).

mod polling;
mod shown_page;

use std::{borrow::Cow, time::Duration};

use oauth2::{DeviceAuthorizationUrl, EmptyExtraDeviceAuthorizationFields};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use self::{polling::Polling, shown_page::ShownPage};
use super::{
    ClientSettings,
    client_secret::ClientSecret,
    refresh::refresh,
    settings::{personal_settings, request_settings},
    wire::{self, Endpoint},
};
use crate::{
    AuthError, Credentials, Flow, FlowContext, discovery::EndpointKind, limits, prompt::PromptGuard, store::StoreKey,
};

const NEEDED: [EndpointKind; 2] = [EndpointKind::DeviceAuthorization, EndpointKind::Token];

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
#[derive(Debug, Clone)]
#[doc(alias = "DeviceFlow")]
pub struct DeviceCode {
    client: ClientSettings,
    timeout: Duration,
}

request_settings!(DeviceCode);
personal_settings!(DeviceCode, timeout
    /// How long to wait for the person, 5 minutes by default. Never longer than the provider's code is good for.
    #[doc(alias = "deviceFlowConfig.timeout")]);

impl Default for DeviceCode {
    fn default() -> Self {
        Self { client: ClientSettings::public(), timeout: limits::INTERACTIVE_LOGIN_TIMEOUT }
    }
}

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
        self.client.endpoints.device_authorization = Some(url.into()).filter(|url| !url.is_empty());
        self
    }

    async fn log_in(&self, context: &FlowContext) -> Result<Credentials, AuthError> {
        let prompt = context.prompt()?;
        let provider = self.client.provider(&NEEDED, context).await?;
        let device_endpoint = provider.endpoint(EndpointKind::DeviceAuthorization)?;
        let device_url = device_endpoint.url.clone();
        let client = self.client.token_client(&provider, context).await?;
        let device_endpoint = Endpoint::device_authorization(device_endpoint).await?;

        let host = wire::host(&device_url);
        let begun_at = Instant::now();
        let device_client =
            client.client.clone().set_device_authorization_url(DeviceAuthorizationUrl::from_url(device_url));
        let mut request = device_client.exchange_device_code().add_scopes(self.client.scopes(context));
        if let Some(audience) = self.client.audience(context) {
            request = request.add_extra_param("audience", audience);
        }
        let authorization: DeviceAuthorization = request
            .request_async(&device_endpoint)
            .await
            .map_err(|error| wire::request_error(device_endpoint.operation(), error, &client.secrets([])))?;

        let device_code = SecretString::from(authorization.device_code().secret().as_str());
        let secrets = client.secrets([device_code.expose_secret()]);
        let page = ShownPage::of(&authorization)?;
        let request = page.prompt(authorization.expires_in(), &host, context.endpoint());
        let shown = PromptGuard::show(prompt, |prompt| prompt.device_code(&request))?;
        let polling = Polling::new(&client.endpoint, begun_at, &authorization);
        let outcome = polling.run(&client.client, &authorization, &secrets).await;
        let told = shown.ended(outcome.is_ok());
        let (response, requested_at) = outcome?;
        told.map(|()| client.issued_by.bind(wire::credentials(&response, requested_at)))
    }
}

impl Flow for DeviceCode {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        match previous.filter(|previous| previous.refresh_token().is_some()) {
            Some(previous) => refresh(&self.client, context, previous).await,
            None => self.log_in(context).await,
        }
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("device_code")
    }

    fn client_id(&self) -> Option<&str> {
        self.client.id.as_deref()
    }

    fn store_key(&self, endpoint: &str) -> StoreKey {
        self.client.store_key(endpoint, self.name())
    }

    fn persistent(&self) -> bool {
        true
    }
}

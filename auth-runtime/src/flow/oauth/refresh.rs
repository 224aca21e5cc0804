//! The refresh token grant (RFC 6749 section 6).

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use super::ClientSettings;
use crate::{AuthError, Credentials, FlowContext};

/// New credentials for a refresh token. Where the response brings no new refresh token the old one stays good; where it
/// brings one, the old one must not be used again.
pub(super) async fn refresh(
    settings: &ClientSettings,
    context: &FlowContext,
    token: &SecretString,
) -> Result<Credentials, AuthError> {
    let client = settings.token_client(context).await?;
    let refresh_token = oauth2::RefreshToken::new(token.expose_secret().to_owned());

    let requested_at = Instant::now();
    let outcome = client.client.exchange_refresh_token(&refresh_token).request_async(&client.endpoint).await;
    let credentials = client.credentials(outcome, requested_at, [token.expose_secret()])?;
    Ok(match credentials.refresh_token() {
        Some(_) => credentials,
        None => credentials.with_refresh_token(token.expose_secret()),
    })
}

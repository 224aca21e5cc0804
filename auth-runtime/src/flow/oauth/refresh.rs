//! The refresh token grant (RFC 6749 section 6).

use oauth2::Scope;
use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use super::{ClientSettings, client::TokenClient};
use crate::{AuthError, Credentials, FlowContext, discovery::EndpointKind};

/// New credentials for the refresh token of `previous`, from the provider that issued it. Where the response brings no new
/// refresh token the old one stays good; where it brings one, the old one must not be used again.
///
/// # Errors
///
/// That of [`AuthError::other_provider`] where nothing was sent, because another provider than the one that issued the
/// token would be asked.
pub(super) async fn refresh(
    settings: &ClientSettings,
    context: &FlowContext,
    previous: &Credentials,
) -> Result<Credentials, AuthError> {
    let provider = settings.provider(&[EndpointKind::Token], context).await?;
    provider.check_issued(previous, context.provider_memory(settings.is_program)).await?;
    let client = settings.token_client(&provider, context).await?;
    let sent = settings.refresh_scope.is_sent();
    let refused = match request(settings, context, previous, &client, sent).await {
        Err(error) if !sent && settings.refresh_scope.may_be_wanted(&error) => error,
        outcome => return outcome,
    };
    if agreed_scopes(settings, context).await.is_empty() {
        return Err(refused);
    }
    tracing::debug!(error = %refused, "the refresh is tried once more with its scopes");
    let outcome = request(settings, context, previous, &client, true).await;
    if outcome.is_ok() {
        settings.refresh_scope.is_wanted();
    }
    outcome
}

/// The scopes to name. A server may name others than at the login, and nobody is asked about them here: some providers would
/// grant them all the same.
async fn agreed_scopes(settings: &ClientSettings, context: &FlowContext) -> Vec<Scope> {
    let mut scopes = settings.scopes(context);
    if settings.scopes.is_none()
        && let Some(memory) = context.provider_memory(settings.is_program)
        && let Some(agreed) = memory.last().await.and_then(|last| last.scopes)
    {
        scopes.retain(|scope| agreed.contains(scope.as_str()));
    }
    scopes
}

async fn request(
    settings: &ClientSettings,
    context: &FlowContext,
    previous: &Credentials,
    client: &TokenClient,
    with_scope: bool,
) -> Result<Credentials, AuthError> {
    let token = previous.refresh_token().map_or("", |token| token.expose_secret());
    let refresh_token = oauth2::RefreshToken::new(token.to_owned());
    let mut request = client.client.exchange_refresh_token(&refresh_token);
    if with_scope {
        request = request.add_scopes(agreed_scopes(settings, context).await);
    }
    for (name, value) in settings.token_params.pairs() {
        request = request.add_extra_param(name, value);
    }
    let requested_at = Instant::now();
    let outcome = request.request_async(&client.endpoint).await;
    let credentials = client.credentials(outcome, requested_at, Some(previous))?;
    Ok(match credentials.refresh_token() {
        Some(_) => credentials,
        None => credentials.with_refresh_token(token),
    })
}

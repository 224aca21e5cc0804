//! The refresh token grant (RFC 6749 section 6).

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use secrecy::ExposeSecret as _;
use tokio::time::Instant;

use super::{ClientSettings, client::TokenClient, requested::has};
use crate::{AuthError, Credentials, FlowContext, discovery::EndpointKind};

/// Whether a refresh says which scopes it is for.
#[derive(Debug, Clone, Default)]
pub(super) struct RefreshScope {
    pub(super) set: Option<bool>,
    /// The provider has refused a refresh that did not. Clones of a flow ask the same provider.
    wanted: Arc<AtomicBool>,
}

impl RefreshScope {
    fn is_sent(&self) -> bool {
        self.set.unwrap_or_else(|| self.wanted.load(Ordering::Relaxed))
    }

    /// Whether the provider may have refused a refresh because it did not say; from now on it does.
    fn learns_from(&self, error: &AuthError) -> bool {
        let about_scope = matches!(error.oauth_error(), Some("invalid_scope" | "invalid_request"))
            && error.oauth_error_description().is_some_and(|words| has(words, "scope"));
        let learns = self.set.is_none() && about_scope;
        if learns {
            self.wanted.store(true, Ordering::Relaxed);
        }
        learns
    }
}

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
    let issued_by = provider.issued_by()?;
    if let Err(was) = issued_by.may_refresh(previous) {
        return Err(AuthError::other_provider(was, issued_by.token_endpoint.origin().ascii_serialization()));
    }
    let client = settings.token_client(&provider, context).await?;
    let sent = settings.refresh_scope.is_sent();
    match request(settings, context, previous, &client, sent).await {
        Err(error) if !sent && !settings.scopes(context).is_empty() && settings.refresh_scope.learns_from(&error) => {
            tracing::debug!(%error, "the refresh is tried once more with its scopes");
            request(settings, context, previous, &client, true).await
        }
        outcome => outcome,
    }
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
        request = request.add_scopes(settings.scopes(context));
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

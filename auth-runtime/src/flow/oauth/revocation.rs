//! Telling the provider that tokens are not used any more (RFC 7009).

use oauth2::{AccessToken, ClientId, RefreshToken, RevocationUrl, StandardRevocableToken};
use secrecy::ExposeSecret as _;

use super::{ClientSettings, wire, wire::RevocationClient};
use crate::{AuthError, Credentials, FlowContext, discovery::EndpointKind};

/// What the `oauth2` crate is given for the endpoint's URL. It refuses one in plaintext, also on this machine; where the
/// request goes is the endpoint's to know.
const PLACE_OF_THE_URL: &str = "https://revocation.invalid/";

/// Revokes the refresh token, and then the access token, which may outlive it (section 2.1), at the provider that issued
/// them. `needed` are the endpoints of the login, whose reason to be believed holds for this one too.
///
/// # Errors
///
/// Why the provider was not told, or did not agree. A provider that has no such endpoint is no error.
pub(super) async fn revoke(
    settings: &ClientSettings,
    needed: &[EndpointKind],
    context: &FlowContext,
    credentials: &Credentials,
) -> Result<(), AuthError> {
    let Some(provider) = settings.revoking_provider(needed, context).await? else {
        tracing::debug!("the provider names no revocation endpoint, so it is not told of the logout");
        return Ok(());
    };
    provider.check_issued(credentials, context.provider_memory(settings.is_program)).await?;
    let (id, secret) = (settings.id(context)?, settings.read_secret().await?);
    let endpoint = wire::Endpoint::revocation(provider.endpoint(EndpointKind::Revocation)?).await?;
    let endpoint = settings.authenticated(endpoint, id, secret.clone())?;
    let url = RevocationUrl::new(PLACE_OF_THE_URL.to_owned()).map_err(AuthError::permanent)?;
    let mut client = RevocationClient::new(ClientId::new(id.to_owned())).set_revocation_url(url);
    if let Some(secret) = &secret {
        client = client
            .set_client_secret(oauth2::ClientSecret::new(secret.expose_secret().to_owned()))
            .set_auth_type(settings.authentication.auth_type());
    }
    for token in tokens(settings, credentials) {
        let is_refresh_token = matches!(token, StandardRevocableToken::RefreshToken(_));
        let request = client.revoke_token(token).map_err(AuthError::permanent)?;
        let outcome = request.request_async(&endpoint).await;
        match outcome.map_err(|error| wire::request_error(endpoint.operation(), error, &wire::Secrets::none())) {
            Ok(()) => tracing::debug!(is_refresh_token, "the provider has revoked a token"),
            // Section 2.2.1: of access tokens that nobody looks up.
            Err(error) if !is_refresh_token && error.oauth_error() == Some("unsupported_token_type") => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn tokens(settings: &ClientSettings, credentials: &Credentials) -> Vec<StandardRevocableToken> {
    let refresh_token = credentials
        .refresh_token()
        .map(|token| StandardRevocableToken::RefreshToken(RefreshToken::new(token.expose_secret().to_owned())));
    // An id token is no token of OAuth.
    let access_token = Some(credentials.access_token())
        .filter(|_| !settings.sent_token.is_id_token)
        .map(|token| StandardRevocableToken::AccessToken(AccessToken::new(token.expose_secret().to_owned())));
    refresh_token.into_iter().chain(access_token).collect()
}

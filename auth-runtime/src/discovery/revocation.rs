//! Where a provider can be told that tokens are not used any more. The endpoint is believed for the same reason as those
//! of the login, or not at all: whoever names it is sent refresh tokens.

use url::Url;

use super::{
    binding::is_at,
    endpoints::EndpointKind,
    issuer_metadata::IssuerMetadata,
    origin::{EndpointOrigin, is_loopback},
    provider::{LocalProvider, Provider, ProviderSearch},
    trust::Reason,
};
use crate::AuthError;

impl ProviderSearch {
    /// The provider of a login, if it can be told so.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub(crate) async fn find_revoking(&self, local: LocalProvider<'_>) -> Result<Option<Provider>, AuthError> {
        let mut provider = self.find(local).await?;
        if local.endpoints.revocation.is_some() {
            provider.endpoints.revocation.clone_from(&local.endpoints.revocation);
            return Ok(Some(provider));
        }
        let Some(token) = provider.endpoints.token.as_deref().and_then(parsed) else { return Ok(None) };
        let named = match provider.reason {
            // The user's word for the token endpoint is not the server's word for another.
            Reason::Local => match local.issuer.or(self.issuer.as_deref()) {
                Some(issuer) => self.asked(issuer, &local).await?.and_then(|issuer| named_with(&token, &issuer)),
                None => None,
            },
            Reason::LocalIssuer => provider.endpoints.revocation.as_deref().and_then(parsed),
            // An issuer that only the server names speaks for its own origin: it can name another's token endpoint, and beside
            // it whatever else is there.
            Reason::PublishedIssuer => match provider.issuer.issuer.as_deref().filter(|issuer| is_at(issuer, &token)) {
                Some(issuer) => {
                    let metadata = self.asked(issuer, &local).await?;
                    metadata.and_then(|issuer| named_with(&token, &issuer)).filter(|url| is_plain_sibling(url, &token))
                }
                None => None,
            },
            Reason::OwnOrigin => {
                let grpc = EndpointOrigin::of(&self.endpoint);
                let own = grpc.url().map(|url| url.origin().ascii_serialization());
                let issuer = self.details.issuer().map(str::to_owned).or(own);
                let metadata = match issuer.filter(|issuer| parsed(issuer).is_some_and(|issuer| grpc.has(&issuer))) {
                    Some(issuer) => self.asked(&issuer, &local).await?,
                    None => None,
                };
                metadata.and_then(|issuer| named_with(&token, &issuer)).filter(|url| is_plain_sibling(url, &token))
            }
        };
        let near = is_loopback(&token);
        let named = named.filter(|url| near || !is_loopback(url));
        provider.endpoints.revocation = named.map(String::from);
        Ok(provider.endpoints.revocation.is_some().then_some(provider))
    }

    /// What an issuer says. One that says nothing is none, for a login that did not need to ask it.
    async fn asked(
        &self,
        issuer: &str,
        local: &LocalProvider<'_>,
    ) -> Result<Option<std::sync::Arc<IssuerMetadata>>, AuthError> {
        match self.ask(issuer, local).await {
            Ok(metadata) => Ok(Some(metadata)),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                tracing::debug!(%error, "the issuer names no revocation endpoint");
                Ok(None)
            }
        }
    }
}

/// The endpoint of an issuer whose token endpoint is this one.
fn named_with(token: &Url, issuer: &IssuerMetadata) -> Option<Url> {
    let same = issuer.endpoints.get(EndpointKind::Token).and_then(parsed).is_some_and(|named| named == *token);
    issuer.endpoints.get(EndpointKind::Revocation).filter(|_| same).and_then(parsed)
}

/// What a server names, directly or through its issuer, is on the origin of the token endpoint: that is where the tokens
/// came from.
fn is_plain_sibling(url: &Url, token: &Url) -> bool {
    url.origin() == token.origin() && url.query().is_none()
}

fn parsed(text: &str) -> Option<Url> {
    Url::parse(text).ok()
}

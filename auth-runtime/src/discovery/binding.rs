//! Whether a refresh token may be sent to a provider: only to the one that issued it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::{issuer_metadata::same_issuer, origin::EndpointOrigin, trust::Reason};
use crate::Credentials;

/// A provider as credentials remember it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssuedBy {
    pub(crate) token_endpoint: Url,
    /// Only an issuer that speaks for the token endpoint, or that the user has set.
    pub(crate) issuer: Option<String>,
    pub(crate) reason: Reason,
}

impl IssuedBy {
    /// The credentials, bound to this provider: to its issuer, which may move its token endpoint, only where that is no
    /// word of a server's about somebody else's token endpoint.
    pub(crate) fn bind(&self, credentials: Credentials) -> Credentials {
        let credentials = credentials.with_token_endpoint(self.token_endpoint.as_str());
        let is_own = |issuer: &&String| self.reason != Reason::PublishedIssuer || is_at(issuer, &self.token_endpoint);
        match self.issuer.as_ref().filter(is_own) {
            Some(issuer) => credentials.with_issuer(issuer),
            None => credentials,
        }
    }

    /// Whether this provider issued the credentials.
    ///
    /// Those that nothing is known of, such as another program's, may go where the user has said, or to the issuer that
    /// their access token names. They may go to the server itself unless one of their tokens names an issuer elsewhere: a
    /// server that was taken over can name a token endpoint of its own.
    ///
    /// # Errors
    ///
    /// Who issued them instead, for messages.
    pub(crate) fn may_refresh(&self, credentials: &Credentials) -> Result<(), String> {
        if let Some(endpoint) = credentials.token_endpoint() {
            let same_endpoint = Url::parse(endpoint).is_ok_and(|endpoint| endpoint == self.token_endpoint);
            return if same_endpoint || self.is_issuer(credentials.issuer()) { Ok(()) } else { Err(host(endpoint)) };
        }
        if let Some(issuer) = credentials.issuer() {
            return if self.is_issuer(Some(issuer)) { Ok(()) } else { Err(host(issuer)) };
        }
        let named = issuer_in(credentials.access_token());
        match self.reason {
            Reason::Local | Reason::LocalIssuer => Ok(()),
            Reason::OwnOrigin => {
                let mut named = named.into_iter().chain(credentials.id_token().and_then(issuer_in));
                let own = EndpointOrigin::of(self.token_endpoint.as_str());
                let is_elsewhere = |issuer: &String| !Url::parse(issuer).is_ok_and(|issuer| own.has(&issuer));
                named.find(is_elsewhere).map_or(Ok(()), |issuer| Err(host(&issuer)))
            }
            Reason::PublishedIssuer if self.is_issuer(named.as_deref()) => Ok(()),
            Reason::PublishedIssuer => Err(named.as_deref().map_or_else(|| "nobody knows whom".to_owned(), host)),
        }
    }

    /// Whether the server alone says that the credentials, which nothing is known of, belong to this provider.
    pub(super) fn has_only_the_servers_word_for(&self, credentials: &Credentials) -> bool {
        let is_bound = credentials.token_endpoint().is_some() || credentials.issuer().is_some();
        self.reason == Reason::OwnOrigin && !is_bound
    }

    fn is_issuer(&self, issuer: Option<&str>) -> bool {
        matches!((&self.issuer, issuer), (Some(own), Some(issuer)) if same_issuer(own, issuer))
    }
}

/// The `iss` of a token that is a JWT (RFC 7519 section 4.1.1). Nothing is verified: whoever wrote the token down
/// could have changed it, and the refresh token beside it.
fn issuer_in(token: &SecretString) -> Option<String> {
    Some(claims(token.expose_secret())?.get("iss")?.as_str()?.to_owned())
}

/// The claims of a token that is a JWT, with nothing verified.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

/// Whether a token endpoint is on its issuer's own origin. Any issuer can name the endpoints of another in its metadata, and
/// endpoints of its own a day later.
pub(super) fn is_at(issuer: &str, token_endpoint: &Url) -> bool {
    Url::parse(issuer).is_ok_and(|issuer| issuer.origin() == token_endpoint.origin())
}

/// The origin, for messages.
fn host(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "another provider".to_owned(), |url| url.origin().ascii_serialization())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn provider(token_endpoint: &str, issuer: Option<&str>, reason: Reason) -> IssuedBy {
        IssuedBy { token_endpoint: token_endpoint.parse().unwrap(), issuer: issuer.map(str::to_owned), reason }
    }

    #[test]
    fn bound_credentials_go_to_their_issuer_or_token_endpoint_alone() {
        let issued = provider("https://idp/token", Some("https://idp"), Reason::PublishedIssuer);
        let bound = issued.bind(Credentials::new("token").with_refresh_token("refresh"));
        let rows = [
            (issued.clone(), true),
            (provider("https://idp/new", Some("https://idp/"), Reason::PublishedIssuer), true),
            (provider("HTTPS://IDP:443/token", None, Reason::Local), true),
            (provider("https://evil/token", Some("https://evil"), Reason::PublishedIssuer), false),
            // A server that is its own provider speaks for no issuer.
            (provider("https://evil/token", None, Reason::OwnOrigin), false),
            (provider("https://other/token", None, Reason::Local), false),
            (provider("https://other/token", Some("https://other"), Reason::LocalIssuer), false),
        ];
        for (provider, may) in rows {
            assert_eq!(provider.may_refresh(&bound).is_ok(), may, "{provider:?}");
        }
        let without_issuer = provider("https://idp/token", None, Reason::OwnOrigin).bind(Credentials::new("token"));
        assert!(issued.may_refresh(&without_issuer).is_ok());
        let other = provider("https://idp/other", Some("https://idp"), Reason::PublishedIssuer);
        assert_eq!(other.may_refresh(&without_issuer).unwrap_err(), "https://idp");
    }

    #[test]
    fn an_issuer_that_only_a_server_names_is_no_binding_for_tokens_of_another_origin() {
        let issued = |reason| {
            let issued = provider("https://idp/token", Some("https://evil"), reason);
            issued.bind(Credentials::new("token").with_refresh_token("refresh"))
        };
        let moved = provider("https://evil/token", Some("https://evil"), Reason::PublishedIssuer);
        assert_eq!(moved.may_refresh(&issued(Reason::PublishedIssuer)).unwrap_err(), "https://idp");
        assert!(
            provider("https://idp/token", None, Reason::Local).may_refresh(&issued(Reason::PublishedIssuer)).is_ok()
        );
        // The user's own word: a provider may have two hosts.
        for reason in [Reason::Local, Reason::LocalIssuer] {
            assert!(moved.may_refresh(&issued(reason)).is_ok(), "{reason:?}");
        }
    }

    #[test]
    fn unbound_credentials_go_where_the_user_says_to_the_server_itself_or_to_the_issuer_in_the_token() {
        let jwt = |issuer: &str| {
            let claims = URL_SAFE_NO_PAD.encode(serde_json::json!({ "iss": issuer }).to_string());
            Credentials::new(format!("e30.{claims}.signature"))
        };
        let issuer = Some("https://idp");
        let own = provider("https://idp/token", None, Reason::OwnOrigin);
        let with_id_token =
            |issuer| Credentials::new("opaque").with_id_token(jwt(issuer).access_token().expose_secret());
        for (credentials, told) in [
            (jwt("https://idp/realm"), Ok(())),
            (with_id_token("https://idp"), Ok(())),
            (jwt("https://honest/realm"), Err("https://honest".to_owned())),
            (jwt("https://idp:8443"), Err("https://idp:8443".to_owned())),
            (jwt("http://idp"), Err("http://idp".to_owned())),
            (jwt("accounts.honest"), Err("another provider".to_owned())),
            (with_id_token("https://honest"), Err("https://honest".to_owned())),
        ] {
            assert_eq!(own.may_refresh(&credentials), told);
            for reason in [Reason::Local, Reason::LocalIssuer] {
                assert!(provider("https://idp/token", None, reason).may_refresh(&credentials).is_ok(), "{reason:?}");
            }
        }
        let here = provider("http://localhost:8088/token", None, Reason::OwnOrigin);
        assert!(here.may_refresh(&jwt("http://127.0.0.1:8089")).is_ok());
        for reason in [Reason::Local, Reason::LocalIssuer, Reason::OwnOrigin] {
            assert!(provider("https://idp/token", None, reason).may_refresh(&Credentials::new("opaque")).is_ok());
        }
        let published = provider("https://idp/token", issuer, Reason::PublishedIssuer);
        assert!(published.may_refresh(&Credentials::new("opaque")).is_err());
        assert!(published.may_refresh(&jwt("https://idp/")).is_ok());
        assert_eq!(published.may_refresh(&jwt("https://honest/realm")).unwrap_err(), "https://honest");
    }
}

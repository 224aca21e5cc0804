//! The provider of a login: its endpoints, and where that is needed the issuer's word for them.

use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::{
    ServerDetails,
    binding::IssuedBy,
    endpoints::{EndpointKind, Endpoints, SettingNames},
    fetch::fetch,
    issuer_check::IssuerCheck,
    issuer_metadata::IssuerMetadata,
    login_terms::ChangedTerm,
    origin::{EndpointOrigin, is_loopback},
    reach::ProviderEndpoint,
    trust::{Believed, Claims, Decision, Reason},
};
use crate::{
    AuthError, limits,
    net::{
        header_source::HeaderSource,
        http::{HttpSettings, parse_endpoint},
    },
};

/// What a login looks for its provider with: who asks, and by which connections.
#[derive(Clone)]
pub(crate) struct ProviderSearch {
    pub(crate) endpoint: Arc<str>,
    pub(crate) details: Arc<ServerDetails>,
    /// Set on the authenticator.
    pub(crate) issuer: Option<Arc<str>>,
    pub(crate) names: SettingNames,
    pub(crate) http: HttpSettings,
    pub(crate) proxy_credentials: Option<Arc<dyn HeaderSource>>,
    pub(crate) cache: Arc<MetadataCache>,
}

/// What a flow sets itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LocalProvider<'a> {
    pub(crate) needed: &'a [EndpointKind],
    pub(crate) endpoints: &'a Endpoints,
    /// Before that of the authenticator.
    pub(crate) issuer: Option<&'a str>,
}

/// The metadata that a session has fetched. Only a success is kept.
#[derive(Debug, Default)]
pub(crate) struct MetadataCache(Mutex<Option<(String, Arc<IssuerMetadata>)>>);

/// A provider that is believed.
pub(crate) struct Provider {
    pub(super) endpoints: Endpoints,
    needed: Vec<EndpointKind>,
    pub(crate) reason: Reason,
    pub(crate) issuer: IssuerCheck,
    search: ProviderSearch,
    /// URLs that the user has set: their hosts may see the credentials of a proxy.
    set_by_user: Vec<Url>,
}

impl ProviderSearch {
    /// Finds the provider, or refuses the one that is there.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) where none can be believed, with the setting
    /// that settles it; why the issuer could not be asked.
    pub(crate) async fn find(&self, local: LocalProvider<'_>) -> Result<Provider, AuthError> {
        let server = Endpoints::of_server(&self.details);
        let grpc = EndpointOrigin::of(&self.endpoint);
        let local_issuer = local.issuer.or(self.issuer.as_deref());
        let own = self.own_issuer(&server, &grpc);
        let claims = Claims {
            needed: local.needed,
            local: local.endpoints,
            local_issuer,
            server: &server,
            server_issuer: self.details.issuer().or(own.as_deref()),
            grpc: &grpc,
            has_certificate: self.http.identity.is_some(),
            names: &self.names,
        };
        let set_by_user = self.set_by_user(&local);
        let believed = match claims.decide()? {
            Decision::Believe(believed) => believed,
            Decision::Ask(issuer) => {
                let metadata = self.metadata(issuer, local_issuer.is_some(), &grpc, &set_by_user).await;
                claims.decide_by(&*metadata?)?
            }
        };
        let Believed { endpoints, reason, issuer } = believed;
        let needed = local.needed.to_vec();
        Ok(Provider { endpoints, needed, reason, issuer, search: self.clone(), set_by_user })
    }

    /// What an issuer says of itself.
    pub(super) async fn ask(&self, issuer: &str, local: &LocalProvider<'_>) -> Result<Arc<IssuerMetadata>, AuthError> {
        let local_issuer = local.issuer.or(self.issuer.as_deref());
        let grpc = EndpointOrigin::of(&self.endpoint);
        self.metadata(issuer, local_issuer == Some(issuer), &grpc, &self.set_by_user(local)).await
    }

    fn set_by_user(&self, local: &LocalProvider<'_>) -> Vec<Url> {
        let Endpoints { token, authorization, device_authorization, revocation } = local.endpoints;
        let urls = [token, authorization, device_authorization, revocation].into_iter().filter_map(Option::as_deref);
        let urls = urls.chain(local.issuer.or(self.issuer.as_deref()));
        urls.filter_map(|url| Url::parse(url).ok()).collect()
    }

    /// A server that says how its clients log in, but not where, may say that over HTTP at its own origin.
    fn own_issuer(&self, server: &Endpoints, grpc: &EndpointOrigin) -> Option<String> {
        let silent = self.details.issuer().is_none() && *server == Endpoints::default();
        let speaks = self.details.client_id().is_some();
        let origin = grpc.url().filter(|_| silent && speaks)?;
        Some(origin.origin().ascii_serialization())
    }

    async fn metadata(
        &self,
        issuer: &str,
        set_locally: bool,
        grpc: &EndpointOrigin,
        set_by_user: &[Url],
    ) -> Result<Arc<IssuerMetadata>, AuthError> {
        if let Some((known, metadata)) = &*self.cache.0.lock().unwrap_or_else(PoisonError::into_inner)
            && known == issuer
        {
            return Ok(Arc::clone(metadata));
        }
        let url = self.check_issuer(issuer, set_locally, grpc)?;
        let endpoint = self.reach(url, grpc, set_by_user);
        let metadata = Arc::new(fetch(issuer, endpoint, &self.names).await?);
        *self.cache.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((issuer.to_owned(), Arc::clone(&metadata)));
        Ok(metadata)
    }

    /// RFC 8414 section 2: an issuer is an https URL without query and fragment.
    fn check_issuer(&self, issuer: &str, set_locally: bool, grpc: &EndpointOrigin) -> Result<Url, AuthError> {
        let setting = if set_locally { self.names.issuer } else { "the server's issuer" };
        if issuer.contains('{') {
            return Err(AuthError::configuration(
                setting,
                "it stands for all tenants of the provider; name your tenant",
            ));
        }
        // It stands in messages.
        if issuer.len() > limits::MAX_ISSUER_BYTES || !issuer.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AuthError::configuration(
                setting,
                "it is longer than a URL, or has characters that no URL has",
            ));
        }
        let url = parse_endpoint(setting, issuer, &self.http)?;
        if url.query().is_some() {
            return Err(AuthError::configuration(
                setting,
                "an issuer has no query; leave out the `?` and what follows",
            ));
        }
        if !set_locally && !grpc.is_loopback() && is_loopback(&url) {
            return Err(AuthError::configuration(
                setting,
                format!(
                    "it is on this machine, which the server is not; if that is meant, {}",
                    self.names.set_issuer()
                ),
            ));
        }
        Ok(url)
    }

    /// How a URL is reached. Credentials of a proxy and the client's certificate go to the origin of the gRPC endpoint and
    /// to hosts that the user has named, and to nobody that a server named.
    fn reach(&self, url: Url, grpc: &EndpointOrigin, set_by_user: &[Url]) -> ProviderEndpoint {
        let meant = grpc.has(&url) || set_by_user.iter().any(|named| named.origin() == url.origin());
        let proxy_credentials = self.proxy_credentials.clone().filter(|_| meant);
        let identity = self.http.identity.clone().filter(|_| meant);
        ProviderEndpoint { url, http: HttpSettings { identity, ..self.http.clone() }, proxy_credentials }
    }
}

impl Provider {
    /// An endpoint that the login said it needs.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Plaintext`](crate::AuthErrorKind::Plaintext) and
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for one that no secret may be sent to.
    pub(crate) fn endpoint(&self, kind: EndpointKind) -> Result<ProviderEndpoint, AuthError> {
        let names = &self.search.names;
        let setting = if self.reason == Reason::Local { names.endpoint(kind) } else { kind.published_as() };
        let text = self.endpoints.get(kind).unwrap_or_default();
        let url = parse_endpoint(setting, text, &self.search.http)?;
        let mut reached = self.search.reach(url, &EndpointOrigin::of(&self.search.endpoint), &self.set_by_user);
        if self.reason == Reason::LocalIssuer {
            // The user named who names it.
            reached.http.identity.clone_from(&self.search.http.identity);
        }
        Ok(reached)
    }

    /// As credentials remember it.
    ///
    /// # Errors
    ///
    /// As [`endpoint`](Self::endpoint).
    pub(crate) fn issued_by(&self) -> Result<IssuedBy, AuthError> {
        let token_endpoint = self.endpoint(EndpointKind::Token)?.url;
        // A server that is its own provider could name any issuer.
        let issuer = self.issuer.issuer.clone().filter(|_| self.reason != Reason::OwnOrigin);
        Ok(IssuedBy { token_endpoint, issuer, reason: self.reason })
    }

    /// Why a login does not go on whose terms the server has changed.
    pub(crate) fn not_agreed(&self, changed: &[ChangedTerm]) -> AuthError {
        let names = &self.search.names;
        let changes = changed.iter().map(ChangedTerm::change);
        let changes: Vec<_> = changes.map(|it| format!("{} was `{}`, is now `{}`", it.what, it.was, it.now)).collect();
        let has_issuer = self.issuer.issuer.is_some();
        let advice = changed.iter().filter_map(|changed| changed.advice(names, &self.needed, has_issuer));
        let advice: Vec<_> = advice.chain(["log in on a terminal and agree".to_owned()]).collect();
        AuthError::configuration(
            changed.first().map_or(names.issuer, |changed| changed.setting(names)),
            format!(
                "the server has changed how one logs in to it since the last login ({}), and nobody has agreed; \
                 somebody may have taken it over; if the change is right, {}",
                changes.join("; "),
                advice.join(", or "),
            ),
        )
    }

    /// The setting that binds a login to this provider's issuer.
    pub(crate) fn issuer_setting(&self) -> String {
        self.search.names.set_issuer()
    }
}

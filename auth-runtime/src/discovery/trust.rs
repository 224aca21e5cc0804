//! Whom to believe: which endpoints count, and why. All endpoints of one login count for one and the same reason, or
//! none does: an honest authorization endpoint beside a token endpoint of somebody else is how codes are stolen (RFC 9700
//! section 4.4).
//!
//! Nothing is asked here. Where only the issuer's own metadata can tell, the decision is to ask for it.

use url::Url;

use super::{
    endpoints::{EndpointKind, Endpoints, SettingNames},
    issuer_check::IssuerCheck,
    issuer_metadata::IssuerMetadata,
    origin::{EndpointOrigin, is_loopback},
};
use crate::AuthError;

/// All that is known about the endpoints of one login.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claims<'a> {
    /// The endpoints that the login needs.
    pub(super) needed: &'a [EndpointKind],
    pub(super) local: &'a Endpoints,
    pub(super) local_issuer: Option<&'a str>,
    pub(super) server: &'a Endpoints,
    /// The issuer that the server names.
    pub(super) server_issuer: Option<&'a str>,
    pub(super) grpc: &'a EndpointOrigin,
    /// Whether the client has a certificate.
    pub(super) has_certificate: bool,
    pub(super) names: &'a SettingNames,
}

/// Why endpoints count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// They are set locally.
    Local,
    /// They are on the origin of the gRPC endpoint.
    OwnOrigin,
    /// The issuer, which is set locally, names them.
    LocalIssuer,
    /// The issuer, which the server names, names them.
    PublishedIssuer,
}

impl Reason {
    /// Whether nobody but the server has named the provider.
    pub(crate) fn is_servers_word(self) -> bool {
        matches!(self, Self::OwnOrigin | Self::PublishedIssuer)
    }
}

/// The endpoints of a login, as somebody believable names them: their URLs are not checked yet for what may be sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Believed {
    pub(super) endpoints: Endpoints,
    pub(super) reason: Reason,
    pub(super) issuer: IssuerCheck,
}

/// What follows from the claims.
#[derive(Debug)]
pub(super) enum Decision<'a> {
    Believe(Believed),
    /// Only the metadata of this issuer can tell.
    Ask(&'a str),
}

impl<'a> Claims<'a> {
    /// Decides without the issuer's metadata, as far as that is possible.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration), with the setting that settles it.
    pub(super) fn decide(&self) -> Result<Decision<'a>, AuthError> {
        if self.needed.iter().all(|kind| self.local.get(*kind).is_some()) {
            return Ok(Decision::Believe(self.believe(self.local.clone(), Reason::Local, self.local_issuer)));
        }
        if let Some(issuer) = self.local_issuer {
            return Ok(Decision::Ask(issuer));
        }
        let candidates: Vec<_> = self.needed.iter().map(|kind| self.candidate(*kind)).collect();
        let is_own = |candidate: &Option<&str>| candidate.and_then(parsed).is_some_and(|url| self.grpc.has(&url));
        if candidates.iter().all(is_own) {
            for kind in self.published() {
                self.check_published(kind, self.server.get(kind).unwrap_or_default())?;
            }
            let endpoints = self.merged(self.server);
            // Its word is no proof that it is the issuer which it names: its login page may send the browser on to that one.
            return Ok(Decision::Believe(self.believe(endpoints, Reason::OwnOrigin, None)));
        }
        match self.server_issuer {
            Some(issuer) => Ok(Decision::Ask(issuer)),
            None => Err(self.unexplained()),
        }
    }

    /// Decides by the metadata of the issuer that [`decide`](Self::decide) wanted to ask.
    ///
    /// # Errors
    ///
    /// As there.
    pub(super) fn decide_by(&self, metadata: &IssuerMetadata) -> Result<Believed, AuthError> {
        let reason = if self.local_issuer.is_some() { Reason::LocalIssuer } else { Reason::PublishedIssuer };
        for kind in self.needed {
            self.check_named(*kind, metadata, reason)?;
        }
        if metadata.wants_pushed_requests && self.needed.contains(&EndpointKind::Authorization) {
            return Err(AuthError::configuration(
                self.names.issuer,
                format!(
                    "`{}` wants authorization requests to be pushed (RFC 9126), which is not supported; allow this \
                     client others at the provider",
                    metadata.issuer
                ),
            ));
        }
        let endpoints = self.for_this_client(metadata, reason);
        let mut believed = self.believe(endpoints, reason, Some(&metadata.issuer));
        believed.issuer.required = metadata.names_itself;
        // What a server names may lead to metadata that mixes two providers.
        if reason == Reason::PublishedIssuer && !self.on_one_origin(&metadata.endpoints) {
            let responses_tell = metadata.names_itself && self.needed.contains(&EndpointKind::Authorization);
            if !responses_tell {
                return Err(AuthError::configuration(
                    self.names.issuer,
                    format!(
                        "the server names the issuer `{0}`, whose endpoints are on several origins ({1}); if that is \
                         your provider, {2} with `{0}`",
                        metadata.issuer,
                        self.shown(&metadata.endpoints),
                        self.names.set_issuer(),
                    ),
                ));
            }
        }
        Ok(believed)
    }

    /// An issuer may have other endpoints for clients with a certificate, wherever those are (RFC 8705 section 5). They are
    /// its own as the others are. A certificate is shown to an issuer that the user has named, and to no other.
    fn for_this_client(&self, metadata: &IssuerMetadata, reason: Reason) -> Endpoints {
        let mut endpoints = metadata.endpoints.clone();
        if !self.has_certificate || reason != Reason::LocalIssuer {
            return endpoints;
        }
        let Endpoints { token, authorization: _, device_authorization, revocation } = metadata.with_certificate.clone();
        // What the user has set is what the user wants.
        let alias = |kind: EndpointKind, alias: Option<String>| {
            alias.filter(|alias| self.local.get(kind).is_none() && self.check_loopback(kind, alias).is_ok())
        };
        for (endpoint, alias) in [
            (&mut endpoints.token, alias(EndpointKind::Token, token)),
            (&mut endpoints.device_authorization, alias(EndpointKind::DeviceAuthorization, device_authorization)),
            (&mut endpoints.revocation, alias(EndpointKind::Revocation, revocation)),
        ] {
            *endpoint = alias.or_else(|| endpoint.take());
        }
        endpoints
    }

    /// One endpoint that the metadata must name, and as everybody else does.
    fn check_named(&self, kind: EndpointKind, metadata: &IssuerMetadata, reason: Reason) -> Result<(), AuthError> {
        let issuer = &metadata.issuer;
        let candidate = match reason {
            Reason::LocalIssuer => self.local.get(kind),
            _ => self.candidate(kind),
        };
        let Some(named) = metadata.endpoints.get(kind) else {
            return Err(AuthError::configuration(
                self.names.endpoint(kind),
                format!(
                    "the issuer `{issuer}` names no {}; if it has one, {}",
                    kind.name(),
                    self.names.set_endpoints(self.needed.iter().copied())
                ),
            ));
        };
        if reason == Reason::PublishedIssuer {
            self.check_published(kind, named)?;
        } else {
            self.check_loopback(kind, named)?;
        }
        match candidate {
            Some(claimed) if !same_url(claimed, named) => {
                let by_user = self.local.get(kind).is_some();
                let who = if by_user { "the settings name" } else { "the server names" };
                let advice = match (by_user, reason) {
                    (true, _) => self.names.set_endpoints(self.needed.iter().copied()),
                    (false, _) => format!(
                        "{}, or {}",
                        self.names.set_issuer(),
                        self.names.set_endpoints(self.needed.iter().copied())
                    ),
                };
                Err(AuthError::configuration(
                    if by_user { self.names.endpoint(kind) } else { self.names.issuer },
                    format!(
                        "{who} the {} {}, and the issuer `{issuer}` another one, {}; one of the two may be somebody \
                         else's: {advice}",
                        kind.name(),
                        shown(claimed),
                        shown(named),
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Endpoints that are neither set nor on the server's own origin, and no issuer that could speak for them.
    fn unexplained(&self) -> AuthError {
        let missing = self.needed.iter().find(|kind| self.candidate(**kind).is_none());
        if let Some(kind) = missing {
            let advice = self.names.set_endpoints([*kind]);
            let more = if self.names.are_methods { ", or .discovery(..) to the authenticator" } else { "" };
            return AuthError::configuration(
                self.names.endpoint(*kind),
                format!("it is not set and the server names none; {advice}, or {}{more}", self.names.set_issuer()),
            );
        }
        let endpoints = self.merged(self.server);
        AuthError::configuration(
            self.names.issuer,
            format!(
                "the server names endpoints of a provider that is not its own ({}) and no issuer that could speak for \
                 them; if that is your provider, {}, or {}",
                self.shown(&endpoints),
                self.names.set_issuer(),
                self.names.set_endpoints(self.needed.iter().copied()),
            ),
        )
    }

    /// What a server may name. It is not to make this program send requests to other servers of its machine or network
    /// that mean something there (RFC 9700 section 4.11).
    fn check_published(&self, kind: EndpointKind, text: &str) -> Result<(), AuthError> {
        if parsed(text).is_some_and(|url| url.query().is_some()) {
            return Err(AuthError::configuration(
                kind.published_as(),
                format!(
                    "{} has a query, which only an endpoint of your own settings may have; {}",
                    shown(text),
                    self.names.set_endpoints(self.needed.iter().copied())
                ),
            ));
        }
        self.check_loopback(kind, text)
    }

    fn check_loopback(&self, kind: EndpointKind, text: &str) -> Result<(), AuthError> {
        let near = self.grpc.is_loopback() || self.local_issuer.and_then(parsed).is_some_and(|url| is_loopback(&url));
        if !near && parsed(text).is_some_and(|url| is_loopback(&url)) {
            return Err(AuthError::configuration(
                kind.published_as(),
                format!(
                    "{} is on this machine, which the server is not; if that is meant, {}",
                    shown(text),
                    self.names.set_endpoints(self.needed.iter().copied())
                ),
            ));
        }
        Ok(())
    }

    /// What is set locally, else what the server names.
    fn candidate(&self, kind: EndpointKind) -> Option<&'a str> {
        self.local.get(kind).or_else(|| self.server.get(kind))
    }

    /// The endpoints that the server names and nobody else.
    fn published(&self) -> impl Iterator<Item = EndpointKind> {
        self.needed.iter().copied().filter(|kind| self.local.get(*kind).is_none())
    }

    fn merged(&self, others: &Endpoints) -> Endpoints {
        let pick = |local: &Option<String>, other: &Option<String>| local.clone().or_else(|| other.clone());
        Endpoints {
            token: pick(&self.local.token, &others.token),
            authorization: pick(&self.local.authorization, &others.authorization),
            device_authorization: pick(&self.local.device_authorization, &others.device_authorization),
            revocation: self.local.revocation.clone(),
        }
    }

    fn believe(&self, endpoints: Endpoints, reason: Reason, issuer: Option<&str>) -> Believed {
        let token = endpoints.get(EndpointKind::Token).and_then(parsed);
        let origin = token.filter(|_| issuer.is_none()).map(|url| url.origin().ascii_serialization());
        Believed {
            endpoints,
            reason,
            issuer: IssuerCheck { issuer: issuer.map(str::to_owned), origin, required: false },
        }
    }

    fn origins(&self, endpoints: &Endpoints) -> Vec<String> {
        let urls = self.needed.iter().filter_map(|kind| endpoints.get(*kind).and_then(parsed));
        let mut origins: Vec<_> = urls.map(|url| url.origin().ascii_serialization()).collect();
        origins.dedup();
        origins
    }

    fn on_one_origin(&self, endpoints: &Endpoints) -> bool {
        self.origins(endpoints).len() <= 1
    }

    /// The origins, for messages.
    fn shown(&self, endpoints: &Endpoints) -> String {
        self.origins(endpoints).join(", ")
    }
}

fn parsed(text: &str) -> Option<Url> {
    Url::parse(text).ok()
}

/// Whether both are the same URL, however it is written.
fn same_url(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// A URL in messages: without query and password.
fn shown(text: &str) -> String {
    match parsed(text) {
        Some(url) => format!("`{}{}`", url.origin().ascii_serialization(), url.path()),
        None => "that is no URL".to_owned(),
    }
}

#[cfg(test)]
mod tests;

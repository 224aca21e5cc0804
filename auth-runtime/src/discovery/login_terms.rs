//! What a server decides of a login, and what of it is no longer as it was.
//!
//! A hostile login page can send the browser on to an honest provider, and no look at endpoints shows it. That the server
//! named another page before does.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    binding::{IssuedBy, is_at},
    endpoints::{EndpointKind, SettingNames},
    issuer_metadata::same_issuer,
    trust::Reason,
};
use crate::{
    limits,
    plain_text::brief,
    prompt::{Change, ServersChoice},
};

/// Whom a login is with, and as far as the server decides it, as whom and for what. No secret.
///
/// What is set locally is `None`; where the server decides and names nothing, it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoginTerms {
    pub(crate) token_endpoint: Url,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scopes: Option<BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) audience: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_uri: Option<String>,
}

/// What of a login can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Term {
    Provider,
    Client,
    Scopes,
    Audience,
    RedirectUri,
}

/// A term that the server has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ChangedTerm {
    term: Term,
    was: String,
    now: String,
}

impl LoginTerms {
    /// Terms of a login with this provider of which the server decides nothing else.
    pub(crate) fn with(provider: &IssuedBy) -> Self {
        Self {
            token_endpoint: provider.token_endpoint.clone(),
            issuer: provider.issuer.clone(),
            client_id: None,
            scopes: None,
            audience: None,
            redirect_uri: None,
        }
    }

    /// What the server has changed since the last login, for whoever is to agree. A provider that counts for the user's own
    /// word is not the server's to change; scopes that are no longer asked for take nothing from anybody.
    pub(crate) fn changes_since(&self, last: &Self, reason: Reason) -> Vec<ChangedTerm> {
        let by_server = reason.is_servers_word();
        let text = |term, was: &Option<String>, now: &Option<String>| match (was, now) {
            (Some(was), Some(now)) if was != now => Some(ChangedTerm { term, was: was.clone(), now: now.clone() }),
            _ => None,
        };
        let provider = (by_server && !self.is_with_provider_of(last)).then(|| ChangedTerm {
            term: Term::Provider,
            was: last.provider_beside(self).to_owned(),
            now: self.provider_beside(last).to_owned(),
        });
        let scopes = match (&last.scopes, &self.scopes) {
            (Some(was), Some(now)) if !now.is_subset(was) => {
                // What is new comes first: the end may be cut.
                let now = now.difference(was).chain(now.intersection(was));
                Some(ChangedTerm { term: Term::Scopes, was: joined(was), now: joined(now) })
            }
            _ => None,
        };
        let changes = [
            provider,
            text(Term::Client, &last.client_id, &self.client_id),
            scopes,
            text(Term::Audience, &last.audience, &self.audience),
            text(Term::RedirectUri, &last.redirect_uri, &self.redirect_uri),
        ];
        changes.into_iter().flatten().collect()
    }

    /// These, with what the last ones knew beside them: a login may leave open what another asks the server for.
    pub(crate) fn after(self, last: Option<Self>) -> Self {
        let Some(last) = last else { return self };
        Self {
            client_id: self.client_id.or(last.client_id),
            scopes: self.scopes.or(last.scopes),
            audience: self.audience.or(last.audience),
            redirect_uri: self.redirect_uri.or(last.redirect_uri),
            ..self
        }
    }

    /// What a person is shown of them.
    pub(crate) fn servers_choice(&self) -> ServersChoice {
        let shown = |words: &Option<String>| words.as_deref().filter(|words| !words.is_empty()).map(shown);
        let all = self.scopes.as_ref().map(BTreeSet::len).unwrap_or_default();
        let beyond = all.saturating_sub(limits::MAX_SHOWN_SCOPES);
        let scopes = self.scopes.iter().flatten().take(limits::MAX_SHOWN_SCOPES).map(|scope| self::shown(scope));
        ServersChoice {
            client_id: shown(&self.client_id),
            scopes: scopes.chain((beyond > 0).then(|| format!("(and {beyond} more)"))).collect(),
            audience: shown(&self.audience),
            redirect_uri: shown(&self.redirect_uri),
        }
    }

    /// One token endpoint is one provider unless two issuers claim it. An issuer that had another's token endpoint, which each
    /// can name, does not become that one's provider by moving it.
    fn is_with_provider_of(&self, last: &Self) -> bool {
        match (&self.issuer, &last.issuer) {
            (Some(issuer), Some(before)) => {
                let moved = self.token_endpoint.origin() != last.token_endpoint.origin();
                same_issuer(issuer, before) && (!moved || is_at(before, &last.token_endpoint))
            }
            _ => self.token_endpoint == last.token_endpoint,
        }
    }

    /// Whom a login with these terms was with, if that is another provider than in `now`.
    pub(super) fn provider_other_than(&self, now: &Self) -> Option<&str> {
        (!now.is_with_provider_of(self)).then(|| self.provider_beside(now))
    }

    /// The provider, told from another.
    fn provider_beside(&self, other: &Self) -> &str {
        match (&self.issuer, &other.issuer) {
            (Some(issuer), Some(another)) if same_issuer(issuer, another) => self.token_endpoint.as_str(),
            (Some(issuer), _) => issuer,
            (None, _) => self.token_endpoint.as_str(),
        }
    }
}

impl ChangedTerm {
    /// For a prompt.
    pub(crate) fn change(&self) -> Change {
        let most = match self.term {
            Term::Provider => limits::MAX_SHOWN_PROVIDER_CHARS,
            _ => limits::MAX_SHOWN_CHARS,
        };
        let shown = |words: &str| if words.is_empty() { "not named".to_owned() } else { brief(words, most) };
        Change { what: self.term.name(), was: shown(&self.was), now: shown(&self.now) }
    }

    /// The setting that takes it out of the server's hands.
    pub(crate) fn setting(&self, names: &SettingNames) -> &'static str {
        match self.term {
            Term::Provider => names.issuer,
            Term::Client => names.client_id,
            Term::Scopes => names.scopes,
            Term::Audience => names.audience,
            Term::RedirectUri => names.redirect_uri,
        }
    }

    /// How that is set: "add .issuer(..) to the authenticator".
    pub(crate) fn advice(&self, names: &SettingNames, needed: &[EndpointKind], has_issuer: bool) -> Option<String> {
        match self.term {
            Term::Provider if has_issuer => Some(names.set_issuer()),
            Term::Provider => Some(names.set_endpoints(needed.iter().copied())),
            _ => names.set_of_flow(self.setting(names)),
        }
    }
}

impl Term {
    fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Client => "client",
            Self::Scopes => "scopes",
            Self::Audience => "audience",
            Self::RedirectUri => "redirect URI",
        }
    }
}

fn shown(words: &str) -> String {
    brief(words, limits::MAX_SHOWN_CHARS)
}

fn joined<'a>(scopes: impl IntoIterator<Item = &'a String>) -> String {
    scopes.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;

//! Whose credentials an entry holds.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// Names one login: the same person at another endpoint, through another client, by another flow, or with other settings
/// has another entry.
///
/// The endpoint's spelling does not count: upper case, or the default port. Scopes are a set.
///
/// ```
/// use auth_runtime::store::StoreKey;
///
/// let key = StoreKey::new("https://Flyte.example.com:443", "my-program", "person").with_scopes(["all", "offline"]);
/// assert_eq!((key.client_id(), key.flow()), ("my-program", "person"));
/// assert_eq!(key.endpoint(), "https://flyte.example.com");
/// assert_eq!(key, StoreKey::new("https://flyte.example.com", "my-program", "person").with_scopes(["offline", "all"]));
/// ```
#[derive(Debug, Clone)]
pub struct StoreKey {
    /// As the user writes it.
    spelled: Arc<str>,
    endpoint: Arc<str>,
    client_id: Arc<str>,
    flow: Arc<str>,
    settings: Settings,
}

/// What is set locally beside client and flow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Settings {
    scopes: Option<BTreeSet<String>>,
    audience: Option<String>,
    issuer: Option<String>,
    token_endpoint: Option<String>,
    others: BTreeSet<(String, String)>,
}

impl StoreKey {
    /// The key of the credentials that `flow` gets for an endpoint through a client; the id is empty where the server
    /// names the client. The flow is called by its [name](crate::Flow::name). Those in which a person takes part share one,
    /// `person`: who has logged in in the browser need not do so again on another device.
    pub fn new(endpoint: impl Into<Arc<str>>, client_id: impl Into<Arc<str>>, flow: impl Into<Arc<str>>) -> Self {
        let spelled = endpoint.into();
        Self {
            endpoint: canonical(&spelled).into(),
            spelled,
            client_id: client_id.into(),
            flow: flow.into(),
            settings: Settings::default(),
        }
    }

    /// The scopes that were configured, which may be none. Empty ones do not count.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        let scopes = scopes.into_iter().map(Into::into).filter(|scope: &String| !scope.is_empty());
        self.settings.scopes = Some(scopes.collect());
        self
    }

    /// The audience that was configured.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.settings.audience = Some(audience.into());
        self
    }

    /// The issuer that was configured.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        let issuer: String = issuer.into();
        self.settings.issuer = Some(issuer.strip_suffix('/').unwrap_or(&issuer).to_owned());
        self
    }

    /// The token endpoint that was configured.
    #[must_use]
    pub fn with_token_endpoint(mut self, token_endpoint: impl Into<String>) -> Self {
        self.settings.token_endpoint = Some(token_endpoint.into());
        self
    }

    /// Any other setting that changes what the credentials are good for. A name may be there with several values.
    #[must_use]
    pub fn with_setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.others.insert((name.into(), value.into()));
        self
    }

    /// The same with this issuer, if it has none yet.
    #[cfg(feature = "oauth")]
    pub(crate) fn or_issuer(self, issuer: Option<&str>) -> Self {
        match issuer.filter(|_| self.settings.issuer.is_none()) {
            Some(issuer) => self.with_issuer(issuer),
            None => self,
        }
    }

    /// Scheme and authority of the authenticator's endpoint.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The endpoint as the user writes it: other programs may have it so.
    #[cfg_attr(not(all(feature = "flyte", feature = "keyring")), allow(dead_code, reason = "others are not asked"))]
    pub(crate) fn spelled(&self) -> &str {
        &self.spelled
    }

    /// The client id that was configured; empty if the server names it.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The flow that got the credentials.
    pub fn flow(&self) -> &str {
        &self.flow
    }

    /// The other settings, as one text that is the same in every version; empty if there are none. A store that does not
    /// keep the whole key keeps this beside endpoint, client id and flow.
    pub fn settings(&self) -> String {
        let Settings { scopes, audience, issuer, token_endpoint, others } = &self.settings;
        let scopes = scopes.as_ref().map(|scopes| scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" "));
        let mut text = String::new();
        for (name, value) in
            [("scopes", &scopes), ("audience", audience), ("issuer", issuer), ("token_endpoint", token_endpoint)]
        {
            if let Some(value) = value {
                let _ = writeln!(text, "{name}={}", value.escape_debug());
            }
        }
        for (name, value) in others {
            let name = name.replace('=', "\\u{3d}");
            let _ = writeln!(text, "{}={}", name.escape_debug(), value.escape_debug());
        }
        text
    }
}

impl PartialEq for StoreKey {
    fn eq(&self, other: &Self) -> bool {
        let parts = |key: &Self| [&key.endpoint, &key.client_id, &key.flow].map(Arc::clone);
        parts(self) == parts(other) && self.settings == other.settings
    }
}

impl Eq for StoreKey {}

impl Hash for StoreKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.endpoint, &self.client_id, &self.flow, &self.settings).hash(state);
    }
}

/// Scheme and authority, however they are written.
fn canonical(endpoint: &str) -> String {
    let lower = endpoint.to_ascii_lowercase();
    let default_port = if lower.starts_with("http://") { ":80" } else { ":443" };
    lower.strip_suffix(default_port).map(str::to_owned).unwrap_or(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_no_other_login_and_each_setting_is() {
        let key = |endpoint: &str| StoreKey::new(endpoint, "client", "person");
        for same in ["https://flyte", "https://FLYTE", "HTTPS://flyte:443"] {
            assert_eq!(key(same), key("https://flyte"));
            assert_eq!(key(same).endpoint(), "https://flyte");
        }
        for other in ["http://flyte", "https://flyte:80", "https://flyte:8443", "https://flyte.example"] {
            assert_ne!(key(other), key("https://flyte"), "{other}");
        }
        let keys = [
            key("https://flyte"),
            key("https://flyte").with_scopes([""]),
            key("https://flyte").with_scopes(["all"]),
            key("https://flyte").with_scopes(["all", "offline"]),
            key("https://flyte").with_audience("all"),
            key("https://flyte").with_issuer("https://idp"),
            key("https://flyte").with_token_endpoint("https://idp"),
            key("https://flyte").with_audience("all\nissuer=https://idp"),
            key("https://flyte").with_audience("all").with_issuer("https://idp"),
        ];
        for (number, one) in keys.iter().enumerate() {
            for (other_number, other) in keys.iter().enumerate() {
                let same = number == other_number;
                assert_eq!(one == other, same, "{one:?} {other:?}");
                assert_eq!(one.settings() == other.settings(), same, "{one:?} {other:?}");
            }
        }
        let set = |scopes: [&str; 3]| key("https://flyte").with_scopes(scopes);
        assert_eq!(set(["all", "offline", ""]), set(["offline", "all", "offline"]));
        assert_eq!(key("https://flyte").with_issuer("https://idp/"), keys[5]);
    }
}

//! Which proxy a connection takes, and why.

use std::{env, fmt, sync::Arc};

use http::{Uri, uri::Scheme};

use super::{Proxy, no_proxy};
use crate::{
    AuthError,
    net::{destination::is_loopback, names::ConnectionNames},
};

/// The proxy of a connection, and why it is that one or none: for diagnoses. `Display` says both.
/// [`Authenticator::proxy_for`](crate::Authenticator::proxy_for) has an example.
#[derive(Debug, Clone)]
pub struct ProxyChoice {
    proxy: Option<Arc<Proxy>>,
    reason: String,
}

impl ProxyChoice {
    /// Scheme, host and port of the proxy, without user and password; `None` for a direct connection.
    pub fn url(&self) -> Option<String> {
        self.proxy.as_ref().map(|proxy| proxy.origin())
    }

    /// What decided: a setting, a variable of the environment, or what kind of address it is.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    pub(in crate::net) fn proxy(&self) -> Option<&Arc<Proxy>> {
        self.proxy.as_ref()
    }

    /// For connections to a URL, by the environment of this process.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a proxy that cannot be used.
    pub(crate) fn of(configured: Option<&str>, target: &Uri, names: ConnectionNames) -> Result<Self, AuthError> {
        Self::decide(configured.map(|url| (names.proxy, url)), target, &|name| env::var(name).ok())
    }

    /// The rule. What is configured holds for everything. The environment holds for `https://` beyond this machine: a
    /// proxy that sees plaintext sees credentials, and nobody named it with those in mind.
    fn decide(
        configured: Option<(&'static str, &str)>,
        target: &Uri,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, AuthError> {
        let direct = |reason: String| Ok(Self { proxy: None, reason });
        if let Some((setting, url)) = configured {
            return Ok(Self { proxy: Some(Arc::new(Proxy::read(setting, url)?)), reason: setting.to_owned() });
        }
        if target.scheme() != Some(&Scheme::HTTPS) {
            return direct("without TLS, no proxy is taken from the environment".to_owned());
        }
        let host = target.host().unwrap_or_default();
        if is_loopback(host) {
            return direct("it is this machine".to_owned());
        }
        let first = |names: [&'static str; 2]| {
            names.into_iter().find_map(|name| Some((name, variable(name).filter(|value| !value.is_empty())?)))
        };
        let Some((name, url)) = first(["HTTPS_PROXY", "https_proxy"]).or_else(|| first(["ALL_PROXY", "all_proxy"]))
        else {
            return direct("neither a setting nor HTTPS_PROXY nor ALL_PROXY names one".to_owned());
        };
        if let Some((name, list)) = first(["NO_PROXY", "no_proxy"]) {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            if let Some(entry) = no_proxy::excluding(&list, bare, target.port_u16().unwrap_or(443)) {
                return direct(format!("{name} has `{entry}`"));
            }
        }
        Ok(Self { proxy: Some(Arc::new(Proxy::read(name, &url)?)), reason: name.to_owned() })
    }
}

impl fmt::Display for ProxyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proxy {
            Some(proxy) => write!(f, "{} ({})", proxy.origin(), self.reason),
            None => write!(f, "none ({})", self.reason),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn choose(configured: Option<&str>, target: &'static str, variables: &[(&str, &str)]) -> Result<String, AuthError> {
        let variable =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        ProxyChoice::decide(configured.map(|url| ("http_proxy", url)), &Uri::from_static(target), &variable)
            .map(|choice| choice.to_string())
    }

    const SERVER: &str = "https://flyte.example.com";

    #[test]
    fn what_is_configured_wins_over_the_environment() {
        let variables = [("HTTPS_PROXY", "http://other:3128"), ("NO_PROXY", "*")];
        for target in [SERVER, "http://flyte.example.com", "https://127.0.0.1"] {
            assert_eq!(choose(Some("proxy:3128"), target, &variables).unwrap(), "http://proxy:3128 (http_proxy)");
        }
    }

    #[test]
    fn variables_count_in_this_order_and_empty_ones_do_not() {
        let mut variables = vec![
            ("HTTPS_PROXY", "http://a"),
            ("https_proxy", "http://b"),
            ("ALL_PROXY", "http://c"),
            ("all_proxy", "http://d"),
            ("HTTP_PROXY", "http://e"),
        ];
        for expected in
            ["http://a (HTTPS_PROXY)", "http://b (https_proxy)", "http://c (ALL_PROXY)", "http://d (all_proxy)"]
        {
            assert_eq!(choose(None, SERVER, &variables).unwrap(), expected);
            variables.iter_mut().find(|(_, value)| !value.is_empty()).unwrap().1 = "";
        }
        let none = "none (neither a setting nor HTTPS_PROXY nor ALL_PROXY names one)";
        assert_eq!(choose(None, SERVER, &variables).unwrap(), none);
    }

    #[test]
    fn plaintext_and_this_machine_take_none_from_the_environment() {
        let variables = [("HTTP_PROXY", "http://a"), ("HTTPS_PROXY", "http://a"), ("ALL_PROXY", "http://a")];
        let plaintext = choose(None, "http://flyte.example.com", &variables).unwrap();
        assert_eq!(plaintext, "none (without TLS, no proxy is taken from the environment)");
        for target in ["https://localhost:8443", "https://127.0.0.1", "https://[::1]"] {
            assert_eq!(choose(None, target, &variables).unwrap(), "none (it is this machine)");
        }
    }

    #[test]
    fn excluded_hosts_say_what_excludes_them() {
        let variables = [("HTTPS_PROXY", "http://a"), ("no_proxy", "a.test, .example.com:443")];
        assert_eq!(choose(None, SERVER, &variables).unwrap(), "none (no_proxy has `.example.com:443`)");
        assert_eq!(choose(None, "https://flyte.example.com:8443", &variables).unwrap(), "http://a (HTTPS_PROXY)");
    }

    #[test]
    fn a_proxy_of_the_environment_that_cannot_be_used_is_named_by_its_variable() {
        let error = choose(None, SERVER, &[("all_proxy", "socks5://me:hunter2@proxy:1080")]).unwrap_err();
        assert_eq!(error.setting(), Some("all_proxy"));
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let excluded = [("all_proxy", "socks5://proxy:1080"), ("NO_PROXY", "example.com")];
        assert!(choose(None, SERVER, &excluded).is_ok());
    }
}

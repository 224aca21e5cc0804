//! Which URLs are on the same origin as the gRPC endpoint.

use url::{Host, Url};

/// The origin of the gRPC endpoint.
#[derive(Debug, Clone)]
pub(crate) struct EndpointOrigin(Option<Url>);

impl EndpointOrigin {
    /// Of an endpoint as scheme and authority. One that is not a URL has nothing on its origin.
    pub(crate) fn of(endpoint: &str) -> Self {
        Self(Url::parse(endpoint).ok())
    }

    pub(super) fn url(&self) -> Option<&Url> {
        self.0.as_ref()
    }

    /// Whether the URL is on it. On this machine gRPC and HTTP have ports of their own, so any port will do.
    pub(crate) fn has(&self, url: &Url) -> bool {
        self.0.as_ref().is_some_and(|own| own.origin() == url.origin() || (is_loopback(own) && is_loopback(url)))
    }

    pub(super) fn is_loopback(&self) -> bool {
        self.0.as_ref().is_some_and(is_loopback)
    }
}

/// Whether the host can only be this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => {
            let mapped = address.to_ipv4_mapped().is_some_and(|address| address.is_loopback());
            address.is_loopback() || address.is_unspecified() || mapped
        }
        None => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_no_other_origin_and_scheme_host_and_port_are() {
        let rows = [
            ("https://flyte", "https://flyte/oauth2/token", true),
            ("https://FLYTE:443", "https://flyte/oauth2/token", true),
            ("https://flyte", "http://flyte/oauth2/token", false),
            ("https://flyte", "https://flyte:8443/oauth2/token", false),
            ("https://flyte", "https://flyte.example/oauth2/token", false),
            ("http://flyteadmin:81", "http://flyteadmin/oauth2/token", false),
            ("http://localhost:8089", "http://localhost:8088/oauth2/token", true),
            ("http://127.0.0.1:8089", "http://localhost:8088/oauth2/token", true),
            ("http://[::1]:8089", "https://127.0.0.1/oauth2/token", true),
            ("http://localhost:8089", "https://idp/token", false),
            ("https://flyte", "http://localhost:8088/oauth2/token", false),
            ("no URL", "https://flyte/oauth2/token", false),
        ];
        for (endpoint, url, own) in rows {
            assert_eq!(EndpointOrigin::of(endpoint).has(&url.parse().unwrap()), own, "{endpoint} {url}");
        }
    }

    #[test]
    fn all_ways_to_write_this_machine_are_known() {
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "127.1.2.3",
            "[::1]",
            "0.0.0.0",
            "[::]",
            "2130706433",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_loopback(&format!("http://{host}:1/").parse().unwrap()), "{host}");
        }
        for host in ["localhost.example", "128.0.0.1", "[::2]", "flyte"] {
            assert!(!is_loopback(&format!("http://{host}:1/").parse().unwrap()), "{host}");
        }
    }
}

//! Where credentials may go: only to the endpoint that they are for.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU16,
};

use http::{
    Uri,
    uri::{Authority, Scheme},
};

use crate::AuthError;

/// gRPC's names for what is no network.
const SOCKETS: [&str; 3] = ["unix:", "unix-abstract:", "vsock:"];

/// What is said of an endpoint that names none.
pub(super) const NO_HOST: &str = "its host or its port is none; write it as https://host or https://host:port";

/// The scheme and authority that an authenticator is bound to.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    #[cfg(feature = "transport")]
    uri: Uri,
    scheme: Scheme,
    authority: Authority,
    /// Whether the endpoint itself may be sent credentials.
    protected: bool,
    allow_plaintext: bool,
}

impl Destination {
    /// Reads an endpoint: `https://host[:port]`, `http://host[:port]`, or gRPC's `dns:///host[:port]` and
    /// `dns:host[:port]` and a bare `host[:port]`, which all mean TLS.
    pub(crate) fn parse(endpoint: &str, allow_plaintext: bool) -> Result<Self, AuthError> {
        let refuse = |reason: String| AuthError::configuration("endpoint", reason);
        if SOCKETS.iter().any(|scheme| endpoint.starts_with(scheme)) {
            return Err(refuse(
                "it is a socket of this machine, which has no host; build the authenticator for http://localhost, and \
                 connect with connect_with_connector and a connector that opens the socket"
                    .to_owned(),
            ));
        }
        let without_resolver = without_resolver(endpoint);
        let with_scheme = if without_resolver.contains("://") {
            without_resolver.to_owned()
        } else {
            format!("https://{without_resolver}")
        };
        let uri: Uri = with_scheme
            .parse()
            .map_err(|error| refuse(format!("not a URL ({error}); write it as https://host or https://host:port")))?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(refuse(NO_HOST.to_owned()));
        };
        if scheme.as_str() == "dns" {
            return Err(refuse(
                "it names the DNS server to ask, and the system chooses that one; write it as dns:///host".to_owned(),
            ));
        }
        if *scheme != Scheme::HTTPS && *scheme != Scheme::HTTP {
            return Err(refuse(format!("the scheme `{scheme}` is not supported; use https:// or http://")));
        }
        if authority.as_str().contains('@') {
            return Err(refuse("it holds a user name or password; give credentials to a flow instead".to_owned()));
        }
        if !names_host_and_port(authority) {
            return Err(refuse(NO_HOST.to_owned()));
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
            return Err(refuse("it has a path; gRPC endpoints are only scheme, host and port".to_owned()));
        }
        let (scheme, authority) = (scheme.clone(), authority.clone());
        Ok(Self {
            protected: scheme == Scheme::HTTPS || allow_plaintext || is_loopback(authority.host()),
            scheme,
            authority,
            allow_plaintext,
            #[cfg(feature = "transport")]
            uri,
        })
    }

    /// The endpoint as a URI: what a channel to it is built from.
    #[cfg(feature = "transport")]
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Scheme and authority as text.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// Scheme and authority, to be put on requests.
    pub(crate) fn parts(&self) -> (&Scheme, &Authority) {
        (&self.scheme, &self.authority)
    }

    /// Whether both are the same place, however it is written.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.is(&other.scheme, &other.authority)
    }

    fn is(&self, scheme: &Scheme, authority: &Authority) -> bool {
        *scheme == self.scheme
            && authority.host().eq_ignore_ascii_case(self.authority.host())
            && port(authority, scheme) == port(&self.authority, &self.scheme)
    }

    /// Whether credentials may travel with a request that says nothing of where it goes.
    #[inline]
    pub(crate) fn check_own(&self) -> Result<(), AuthError> {
        if self.protected { Ok(()) } else { self.check(&Uri::default()) }
    }

    /// Whether credentials may travel with a request to this URI.
    ///
    /// Above tonic's channel a URI has neither scheme nor authority: the channel adds them below, and then the binding
    /// is by construction. Where they are present they must match.
    pub(crate) fn check(&self, request: &Uri) -> Result<(), AuthError> {
        if self.protected && request.scheme().is_none() && request.authority().is_none() {
            return Ok(());
        }
        let scheme = request.scheme().unwrap_or(&self.scheme);
        let authority = request.authority().unwrap_or(&self.authority);
        if !self.is(scheme, authority) {
            let actual = format!("{scheme}://{}", without_user(authority));
            return Err(AuthError::other_destination(self.origin(), actual));
        }
        if *scheme == Scheme::HTTP && !self.allow_plaintext && !is_loopback(authority.host()) {
            return Err(AuthError::plaintext(without_user(authority).to_owned()));
        }
        Ok(())
    }
}

/// An endpoint without gRPC's words for "look it up in DNS" before its host: `dns:///host`, `dns:host`. What names the
/// DNS server to ask (`dns://server/host`) stays as it is, and so does a host with the name `dns` before its port.
pub(crate) fn without_resolver(endpoint: &str) -> &str {
    let Some(rest) = endpoint.strip_prefix("dns:") else { return endpoint };
    let host = rest.trim_start_matches('/');
    let is_port = rest.bytes().all(|byte| byte.is_ascii_digit());
    let names_a_server = rest.starts_with("//") && !rest.starts_with("///") && host.contains('/');
    if is_port || names_a_server { endpoint } else { host }
}

/// Whether all of it is a host, and behind a colon a port. `Authority` lets more pass: brackets anywhere, and ports that
/// are none, in whose place the scheme's own would be used.
fn names_host_and_port(authority: &Authority) -> bool {
    let (host, port) = match authority.as_str().rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority.as_str(), None),
    };
    let is_host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty() && !host.contains(['[', ']', ':']),
    };
    is_host
        && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<NonZeroU16>().is_ok())
}

/// Host and port alone: what stands before them may be a password.
fn without_user(authority: &Authority) -> &str {
    let authority = authority.as_str();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn port(authority: &Authority, scheme: &Scheme) -> u16 {
    authority.port_u16().unwrap_or(if *scheme == Scheme::HTTP { 80 } else { 443 })
}

/// Whether a host can only be this machine (RFC 6761 section 6.3 reserves `localhost` for it).
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

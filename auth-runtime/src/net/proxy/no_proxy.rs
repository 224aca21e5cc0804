//! Which hosts are reached without a proxy: `NO_PROXY`, as Go reads it.
//!
//! curl and hyper-util read it otherwise (no ports; a leading dot means the domain as well), and the counterparts of a
//! program like this one are written in Go: the same variable is to mean the same.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

/// The entry that excludes a host; `None` where none does.
pub(super) fn excluding<'a>(list: &'a str, host: &str, port: u16) -> Option<&'a str> {
    let host = host.to_ascii_lowercase();
    let address = host.parse().ok().map(|address: IpAddr| address.to_canonical());
    list.split(',').map(str::trim).find(|entry| Entry::read(entry).is_some_and(|entry| entry.has(&host, address, port)))
}

enum Entry {
    All,
    Network(IpNet),
    Address(IpAddr, Option<String>),
    Domain {
        /// With a dot in front.
        suffix: String,
        itself: bool,
        port: Option<String>,
    },
}

impl Entry {
    /// `None` for what is no entry.
    fn read(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        if text == "*" {
            return Some(Self::All);
        }
        if let Ok(network) = text.parse() {
            return Some(Self::Network(network));
        }
        let (host, port) = split_port(&text);
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical(), port));
        }
        let host = host.strip_prefix('*').filter(|host| host.starts_with('.')).unwrap_or(host);
        match host.strip_prefix('.') {
            _ if host.is_empty() => None,
            Some(_) => Some(Self::Domain { suffix: host.to_owned(), itself: false, port }),
            None => Some(Self::Domain { suffix: format!(".{host}"), itself: true, port }),
        }
    }

    fn has(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        let is_port = |wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| *wanted == port.to_string());
        match self {
            Self::All => true,
            Self::Network(network) => address.is_some_and(|address| network.contains(&address)),
            Self::Address(wanted, wanted_port) => address == Some(*wanted) && is_port(wanted_port),
            Self::Domain { suffix, itself, port } => {
                let has_host = host.ends_with(suffix.as_str()) || (*itself && host == &suffix[1..]);
                has_host && is_port(port)
            }
        }
    }
}

/// Host and port. An IPv6 address without brackets has no port.
fn split_port(text: &str) -> (&str, Option<String>) {
    match text.rsplit_once(':') {
        Some((host, port)) if text.parse::<Ipv6Addr>().is_err() && !port.ends_with(']') => {
            (host, Some(port.to_owned()).filter(|port| !port.is_empty()))
        }
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::excluding;

    #[test]
    fn entries_exclude_what_they_exclude_in_go() {
        for (list, host, port, is_excluded) in [
            ("example.com", "example.com", 443, true),
            ("example.com", "flyte.example.com", 443, true),
            ("example.com", "notexample.com", 443, false),
            ("EXAMPLE.com", "Flyte.Example.COM", 443, true),
            // A leading dot leaves the domain itself out.
            (".example.com", "flyte.example.com", 443, true),
            (".example.com", "example.com", 443, false),
            ("*.example.com", "a.b.example.com", 443, true),
            ("*.example.com", "example.com", 443, false),
            ("*", "example.com", 443, true),
            ("*", "10.0.0.1", 443, true),
            ("other, *", "example.com", 443, true),
            ("*example.com", "flyte.example.com", 443, false),
            ("example.com:8443", "flyte.example.com", 8443, true),
            ("example.com:8443", "flyte.example.com", 443, false),
            (".example.com:8443", "flyte.example.com", 8443, true),
            ("example.com:", "example.com", 443, true),
            ("10.0.0.0/8", "10.1.2.3", 443, true),
            ("10.9.9.9/8", "10.1.2.3", 443, true),
            ("10.0.0.0/8", "11.1.2.3", 443, false),
            ("10.0.0.0/8", "10.example.com", 443, false),
            ("fd00::/8", "fd12::1", 443, true),
            ("10.0.0.1", "10.0.0.1", 443, true),
            ("10.0.0.1", "10.0.0.10", 443, false),
            ("10.0.0.1:8443", "10.0.0.1", 8443, true),
            ("10.0.0.1:8443", "10.0.0.1", 443, false),
            ("10.0.0.1", "::ffff:10.0.0.1", 443, true),
            ("fd00::1", "fd00::1", 443, true),
            ("[fd00::1]:8443", "fd00::1", 8443, true),
            ("[fd00::1]:8443", "fd00::1", 443, false),
            ("[fd00::1]", "fd00::1", 443, true),
            ("", "example.com", 443, false),
            (" , ,:8443", "example.com", 8443, false),
            ("a.test , example.com,b.test", "example.com", 443, true),
        ] {
            assert_eq!(excluding(list, host, port).is_some(), is_excluded, "NO_PROXY={list} for {host}:{port}");
        }
    }

    #[test]
    fn the_entry_is_named_as_it_is_written() {
        assert_eq!(excluding("a.test, .Example.com ", "flyte.example.com", 443), Some(".Example.com"));
    }
}

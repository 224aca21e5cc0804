//! What keeps a connection from being made until somebody changes something, and what to change.

use std::time::{Duration, UNIX_EPOCH};

/// Why there is no connection. None of these heals by itself.
///
/// `peer` is who was asked, by name: `https://flyte.example.com`, or `the proxy http://proxy.example.com:3128`.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "transport"), allow(dead_code, reason = "some are of gRPC's connections alone"))]
pub(crate) enum Obstacle {
    #[error(
        "the name `{host}` of {peer} is unknown here; check how it is spelled, and whether it can only be looked up in \
         another network (a VPN?)"
    )]
    UnknownName { peer: String, host: String },

    #[error(
        "{peer} does not speak TLS; check the port, or write http:// instead of https:// if it has no TLS and the \
         network between is trusted"
    )]
    NotTls { peer: String },

    #[error("{peer} speaks TLS, and was asked without; write https:// instead of http://")]
    IsTls { peer: String },

    #[error(
        "{peer} speaks HTTP/1.1 and not HTTP/2, so that no gRPC call can reach it; check the port, and whether a proxy \
         in front of the server passes HTTP/2 on"
    )]
    IsHttp1 { peer: String },

    #[error("{peer} does not speak HTTP/2, so that no gRPC call can reach it; check the port")]
    NotHttp2 { peer: String },

    #[cfg(feature = "oauth")]
    #[error("{peer} does not answer in HTTP; check the port, and whether it is to be http:// or https://")]
    NotHttp { peer: String },

    #[error(
        "{peer} does not offer HTTP/2 in its TLS handshake (ALPN `h2`), so that no gRPC call can reach it; check the \
         port, and whether a proxy in front of the server passes HTTP/2 on"
    )]
    NoHttp2 { peer: String },

    #[error(
        "{peer} refused the TLS handshake ({alert}); check host and port, and whether the server shares a TLS version \
         and a cipher with this program"
    )]
    HandshakeRefused { peer: String, alert: String },

    #[error("{peer} wants a client certificate ({alert}); give it one with client_identity(..)")]
    CertificateWanted { peer: String, alert: String },

    #[error(
        "{peer} does not accept the client certificate ({alert}); check that it is still valid, and that an authority \
         signed it which the server trusts"
    )]
    CertificateRefused { peer: String, alert: String },

    #[error(
        "{proxy}, which comes from {setting}, does not let this program through: proxy authorization required (HTTP \
         407); write user and password into its URL, as http://user:password@host:port"
    )]
    ProxyAuthorization { proxy: String, setting: &'static str },

    #[error(
        "{proxy}, which comes from {setting}, does not connect to {peer} (HTTP {status}); ask whoever runs the proxy, or \
         go without it for this host"
    )]
    ProxyRefused { proxy: String, setting: &'static str, peer: String, status: u16 },

    #[error("{proxy}, which comes from {setting}, does not answer as an HTTP proxy; check its host and port")]
    NoProxy { proxy: String, setting: &'static str },
}

/// What is wrong with a certificate, and what mends it.
#[derive(Debug)]
pub(crate) enum CertificateProblem {
    /// Nobody who is trusted has signed it.
    UnknownAuthority {
        reason: String,
    },
    /// It is for other names.
    OtherName {
        wanted: String,
        presented: Vec<String>,
    },
    Expired {
        at: Option<Duration>,
        now: Duration,
    },
    NotYetValid {
        from: Option<Duration>,
        now: Duration,
    },
    Other {
        reason: String,
    },
}

impl CertificateProblem {
    /// The whole message, for a peer. `setting` names trusted authorities.
    pub(super) fn message(&self, peer: &str, setting: &str) -> String {
        match self {
            Self::UnknownAuthority { reason } => format!(
                "the certificate of {peer} is not trusted ({reason}); if an authority of your own signed it, name that \
                 authority's certificate with {setting}"
            ),
            Self::OtherName { wanted, presented } => {
                let presented = match presented.is_empty() {
                    true => "no name at all".to_owned(),
                    false => presented.join(", "),
                };
                format!(
                    "the certificate of {peer} is for {presented}, and not for {wanted}; use a name that it is for, or \
                     say server_name(..) if you know that the right server has another name in it"
                )
            }
            Self::Expired { at, now } => format!(
                "the certificate of {peer} has expired{}; the server needs a new one, unless the clock of this machine \
                 is wrong ({})",
                moment(" on ", *at),
                date(*now),
            ),
            Self::NotYetValid { from, now } => format!(
                "the certificate of {peer} is not valid yet{}; set the clock of this machine if it is wrong ({})",
                moment(", but from ", *from),
                date(*now),
            ),
            Self::Other { reason } => format!(
                "the certificate of {peer} cannot be used ({reason}); the server needs another, and nothing here can \
                 make up for it"
            ),
        }
    }
}

fn moment(before: &str, since_1970: Option<Duration>) -> String {
    since_1970.map(|since| format!("{before}{}", date(since))).unwrap_or_default()
}

fn date(since_1970: Duration) -> String {
    // The formatter panics for what comes after.
    const END_OF_THE_YEAR_9999: Duration = Duration::from_secs(253_402_300_799);
    httpdate::fmt_http_date(UNIX_EPOCH + since_1970.min(END_OF_THE_YEAR_9999))
}

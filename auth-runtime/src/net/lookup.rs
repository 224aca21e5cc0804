//! Looking up the addresses of a name, for gRPC and for OAuth alike.

use std::{error::Error as StdError, fmt, io, net::SocketAddr, vec};

/// A name of which no address was found.
#[derive(Debug)]
pub(super) struct LookupFailed {
    pub(super) host: String,
    source: io::Error,
}

impl LookupFailed {
    /// Whether a name server said that there is no such name, or no address for it. That nobody answered may pass.
    pub(super) fn is_permanent(&self) -> bool {
        // Windows: WSAHOST_NOT_FOUND and WSANO_DATA. Elsewhere an error with a number is one of the system (no more
        // files), and those of `getaddrinfo` come as words alone: glibc's, Apple's and musl's.
        let words = ["not known", "No address associated", "does not resolve", "has no usable address"];
        match self.source.raw_os_error() {
            Some(code) => cfg!(windows) && matches!(code, 11001 | 11004),
            None => {
                let said = self.source.to_string();
                words.iter().any(|words| said.contains(words))
            }
        }
    }
}

impl fmt::Display for LookupFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name `{}` could not be looked up", self.host)
    }
}

impl StdError for LookupFailed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

pub(super) async fn look_up(host: String) -> Result<vec::IntoIter<SocketAddr>, LookupFailed> {
    let found = tokio::net::lookup_host((host.as_str(), 0)).await.map(Iterator::collect::<Vec<_>>);
    found.map(Vec::into_iter).map_err(|source| LookupFailed { host, source })
}

/// What reqwest asks.
#[cfg(feature = "oauth")]
pub(super) struct ForHttp;

#[cfg(feature = "oauth")]
impl reqwest::dns::Resolve for ForHttp {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let addresses = look_up(host).await?;
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

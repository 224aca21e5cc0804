//! How an endpoint may be written.

use crate::store::StoreKey;

/// The endpoint as other clients may have it in their configuration, all without a scheme: as it is here first, then
/// with the default port left out or added.
pub(super) fn spellings(key: &StoreKey) -> Vec<String> {
    let authority = authority(key);
    let default_port = if key.endpoint().starts_with("http://") { ":80" } else { ":443" };
    let mut spellings = vec![authority.to_owned()];
    match authority.strip_suffix(default_port) {
        Some(host) => spellings.push(host.to_owned()),
        None if !has_port(authority) => spellings.push(format!("{authority}{default_port}")),
        None => {}
    }
    spellings
}

/// The endpoint without its scheme.
pub(super) fn authority(key: &StoreKey) -> &str {
    key.endpoint().split_once("://").map_or(key.endpoint(), |(_, authority)| authority)
}

/// An IPv6 address has colons of its own, in brackets.
fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'))
}

//! How an endpoint may be written.

use crate::store::StoreKey;

/// The endpoint as other clients may have it in their configuration, all without a scheme: as the user writes it first,
/// then in lower case with the default port left out or added.
pub(super) fn spellings(key: &StoreKey) -> Vec<String> {
    let default_port = if key.endpoint().starts_with("http://") { ":80" } else { ":443" };
    let canonical = canonical_authority(key);
    let mut spellings = vec![authority(key).to_owned()];
    let with_port = (!has_port(&canonical)).then(|| format!("{canonical}{default_port}"));
    for spelling in [Some(canonical), with_port].into_iter().flatten() {
        if !spellings.contains(&spelling) {
            spellings.push(spelling);
        }
    }
    spellings
}

/// The endpoint without its scheme, as the user writes it.
pub(super) fn authority(key: &StoreKey) -> &str {
    without_scheme(key.spelled())
}

/// The endpoint without its scheme, however the user writes it.
pub(super) fn canonical_authority(key: &StoreKey) -> String {
    without_scheme(key.endpoint()).to_owned()
}

fn without_scheme(endpoint: &str) -> &str {
    endpoint.split_once("://").map_or(endpoint, |(_, authority)| authority)
}

/// An IPv6 address has colons of its own, in brackets.
fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'))
}

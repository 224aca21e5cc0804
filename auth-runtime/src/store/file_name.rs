//! What files and entries are called.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::StoreKey;

const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// A key as a file name, the same for every version of every program.
pub(super) fn file_name(key: &StoreKey, extension: &str) -> String {
    format!("{}.{extension}", encoded_key(key))
}

/// A key as one text without separators of paths.
pub(super) fn encoded_key(key: &StoreKey) -> String {
    let encoded = |part| utf8_percent_encode(part, &KEPT);
    let login = format!("{}~{}~{}", encoded(key.endpoint()), encoded(key.flow()), encoded(key.client_id()));
    match key.settings() {
        settings if settings.is_empty() => login,
        settings => format!("{login}~{}", digest(&settings)),
    }
}

/// Settings may be longer than a file name. This is enough of it that no two of one user's are the same.
fn digest(settings: &str) -> String {
    Sha256::digest(settings).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

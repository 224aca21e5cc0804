//! What a provider refuses a request for, where only its own words say so.

use crate::AuthError;

/// Whether the description of a refusal has the word, which is in lower case.
pub(super) fn mentions(error: &AuthError, word: &str) -> bool {
    error.oauth_error_description().is_some_and(|words| words.to_ascii_lowercase().contains(word))
}

//! The keyring as a map from service and user to a secret text.

use std::fmt;

use secrecy::zeroize::Zeroizing;

use crate::{net::warn_once::warn_once, store::StoreError};

/// A secret text.
pub(crate) type Secret = Zeroizing<String>;

/// A keyring that can be opened.
pub(crate) trait Keyring: fmt::Debug + Send + Sync + 'static {
    /// Does one piece of work with the entries: a keyring may start, be locked or go away between two. The call blocks.
    fn open(&self, work: &mut dyn FnMut(&dyn Entries)) -> Result<(), StoreError>;
}

/// Does one piece of work with the entries.
pub(super) fn with<T>(
    keyring: &dyn Keyring,
    work: impl Fn(&dyn Entries) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut outcome = Err(StoreError::new(UNAVAILABLE));
    keyring.open(&mut |entries| outcome = work(entries))?;
    outcome
}

/// What all keyrings can do. The calls block, on some systems until a person has typed a password.
pub(crate) trait Entries {
    /// The secret, if there is one.
    fn get(&self, service: &str, user: &str) -> Result<Option<Secret>, StoreError>;

    /// Creates or replaces a secret.
    fn set(&self, service: &str, user: &str, secret: &str) -> Result<(), StoreError>;

    /// Deletes a secret, if there is one.
    fn delete(&self, service: &str, user: &str) -> Result<(), StoreError>;

    /// Whether something could be kept here.
    #[cfg(feature = "flyte")]
    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// An entry that is not what its owner writes counts as missing.
pub(crate) fn unreadable(service: &str, user: &str, reason: &str) {
    let error = format!("the keyring's entry {user} of {service} {reason}; the next login replaces it");
    warn_once("stored credentials count as absent", &StoreError::new(error));
}

/// A text in an entry. Any other content counts as missing.
pub(super) fn text(service: &str, user: &str, secret: Vec<u8>) -> Option<Secret> {
    match String::from_utf8(secret) {
        Ok(text) => Some(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            unreadable(service, user, "is no text");
            None
        }
    }
}

pub(super) const UNAVAILABLE: &str = "there is no keyring that can be used; start one, or use another store";
pub(super) const LOCKED: &str = "the keyring is locked; unlock it, or use another store";

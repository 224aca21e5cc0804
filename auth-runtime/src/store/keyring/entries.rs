//! The keyring as a map from service and user to a secret text.

use std::fmt;

use keyring::{Entry, Error};
use secrecy::zeroize::Zeroizing;

use crate::{net::warn_once::warn_once, store::StoreError};

/// A secret text.
pub(crate) type Secret = Zeroizing<String>;

/// What all keyrings can do. The calls block, on some systems until a person has typed a password.
pub(crate) trait Entries: fmt::Debug + Send + Sync + 'static {
    /// The secret, if there is one.
    fn get(&self, service: &str, user: &str) -> Result<Option<Secret>, StoreError>;

    /// Creates or replaces a secret.
    fn set(&self, service: &str, user: &str, secret: &str) -> Result<(), StoreError>;

    /// Deletes a secret, if there is one.
    fn delete(&self, service: &str, user: &str) -> Result<(), StoreError>;
}

/// The operating system's keyring.
#[derive(Debug)]
pub(super) struct SystemKeyring;

impl Entries for SystemKeyring {
    fn get(&self, service: &str, user: &str) -> Result<Option<Secret>, StoreError> {
        match entry(service, user)?.get_password() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(Error::BadEncoding(secret)) => {
                drop(Zeroizing::new(secret));
                unreadable(service, user, "is no text");
                Ok(None)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn set(&self, service: &str, user: &str, secret: &str) -> Result<(), StoreError> {
        entry(service, user)?.set_password(secret).map_err(failed)
    }

    fn delete(&self, service: &str, user: &str) -> Result<(), StoreError> {
        match entry(service, user)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

/// An entry that is not what its owner writes counts as missing.
pub(crate) fn unreadable(service: &str, user: &str, reason: &str) {
    let error = format!("the keyring's entry {user} of {service} {reason}; the next login replaces it");
    warn_once("stored credentials count as absent", &StoreError::new(error));
}

fn entry(service: &str, user: &str) -> Result<Entry, StoreError> {
    match (Entry::new(service, user), Entry::store_status()) {
        (Ok(entry), _) => Ok(entry),
        (Err(Error::NoDefaultStore), Err(reason)) => Err(StoreError::new(format!("{UNAVAILABLE}: {reason}"))),
        (Err(error), _) => Err(failed(error)),
    }
}

const UNAVAILABLE: &str = "there is no keyring that can be used; start one, or use another store";

/// The keyring's own words; where they might repeat what is stored they are left out.
fn failed(error: Error) -> StoreError {
    match error {
        Error::NoStorageAccess(source) => {
            StoreError::with_source("the keyring is locked; unlock it, or use another store", source)
        }
        Error::PlatformFailure(source) => StoreError::with_source(UNAVAILABLE, source),
        Error::TooLong(what, limit) => {
            StoreError::new(format!("the keyring takes no {what} of more than {limit} characters; use another store"))
        }
        Error::Ambiguous(entries) => StoreError::new(format!(
            "the keyring has {} entries where one is expected; remove all but one",
            entries.len()
        )),
        _ => StoreError::new("the keyring failed; use another store if it goes on"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_a_keyring_says_what_to_do() {
        for (error, advice) in [
            (Error::NoStorageAccess("closed".into()), "the keyring is locked; unlock it"),
            (Error::PlatformFailure("no bus".into()), "there is no keyring that can be used; start one"),
            (Error::TooLong("password".to_owned(), 2560), "takes no password of more than 2560 characters"),
            (Error::Ambiguous(Vec::new()), "has 0 entries where one is expected"),
            (Error::Invalid("user".to_owned(), "empty".to_owned()), "the keyring failed"),
        ] {
            let said = failed(error).to_string();
            assert!(said.contains(advice), "{said}");
        }
    }
}

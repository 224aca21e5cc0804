//! Keychain on macOS, Credential Manager on Windows.

use keyring::{Entry, Error};

use crate::store::{
    StoreError,
    keyring::entries::{Entries, Keyring, LOCKED, Secret, UNAVAILABLE, text},
};

/// The operating system's keyring.
#[derive(Debug, Clone, Copy)]
pub(in crate::store::keyring) struct SystemKeyring;

impl Keyring for SystemKeyring {
    fn open(&self, work: &mut dyn FnMut(&dyn Entries)) -> Result<(), StoreError> {
        match Entry::store_status() {
            Ok(()) => {
                work(self);
                Ok(())
            }
            Err(reason) => Err(StoreError::new(format!("{UNAVAILABLE}: {reason}"))),
        }
    }
}

impl Entries for SystemKeyring {
    fn get(&self, service: &str, user: &str) -> Result<Option<Secret>, StoreError> {
        match entry(service, user)?.get_password() {
            Ok(secret) => Ok(Some(Secret::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(Error::BadEncoding(secret)) => Ok(text(service, user, secret)),
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

fn entry(service: &str, user: &str) -> Result<Entry, StoreError> {
    Entry::new(service, user).map_err(failed)
}

/// The keyring's own words; where they might repeat what is stored they are left out.
fn failed(error: Error) -> StoreError {
    match error {
        Error::NoStorageAccess(source) => StoreError::with_source(LOCKED, source),
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
